"""How the portal says things: states and steps in plain words, numbers with their whole, times with zone and distance."""

from collections.abc import Callable
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from flask import Flask
from flask_babel import get_locale
from markupsafe import Markup

from pipelines.domain.words import counted
from pipelines.language import Sentence, language_for, say
from pipelines.reports.clock import elapsed
from pipelines.reports.needs import Need
from pipelines.states import CallState, MessageState, PacketState
from webapp.access import viewer

# The mark that stands for a state: waiting, moving, done, needs (a person). Each has a shape of its own.
PACKET_WORDS: dict[str, tuple[str, str]] = {
    PacketState.RECEIVED: ("waiting", "Waiting to start"),
    PacketState.PREPARING: ("moving", "Being prepared"),
    PacketState.SENDING: ("moving", "Going out"),
    PacketState.SETTLED: ("done", "Finished"),
    PacketState.STOPPED: ("needs", "Stopped"),
    PacketState.REFUSED: ("needs", "Not taken in"),
}
# What stands there instead while a need of this kind is open: a packet with one is not finished, and does not move.
STANDS_STILL, ADDS_UP_NOT, NOT_FINISHED = "Stands still", "Does not add up", "Not finished"
STEP_WORDS: dict[str, tuple[str, str]] = {
    "load": ("Read the file", "Every line of the file is stored as it stands"),
    "map_fields": ("Recognise the columns", "Which column is the phone, the e-mail, the date"),
    "clean": ("Put the data in order", "Phones, addresses, names and dates in one form"),
    "check": ("Check the quality", "A wrong file is stopped before anything goes out"),
    "assemble": ("Write the messages", "One message per person, exactly as it will be sent"),
    "dispatch": ("Send", "Text messages and e-mails go to the providers"),
    "settle": ("Account for every row", "Each row gets its outcome, and they add up"),
}
MESSAGE_WORDS: dict[str, tuple[str, str]] = {
    MessageState.READY: ("waiting", "Waiting to be sent"),
    MessageState.SENDING: ("moving", "Being sent"),
    MessageState.UNKNOWN: ("needs", "Unknown: the provider may have it"),
    MessageState.ACCEPTED: ("moving", "Taken by the provider"),
    MessageState.SENT: ("moving", "On its way"),
    MessageState.DELIVERED: ("done", "Delivered"),
    MessageState.UNDELIVERED: ("needs", "Not delivered"),
    MessageState.FAILED: ("needs", "Refused by the provider"),
    MessageState.SUPPRESSED: ("done", "Not written to on their wish"),
    MessageState.EXPIRED: ("needs", "Too late to send"),
    MessageState.CANCELLED: ("done", "Cancelled"),
}
SHOWN_WORDS = {
    "sent": "sent",
    "delivered": "delivered",
    "undelivered": "not delivered",
    "failed": "refused by the provider",
    "suppressed": "not written to on their wish",
    "expired": "too late to send",
    "cancelled": "cancelled",
    "waiting": "waiting",
    "unknown": "unknown",
}
CALL_WORDS: dict[str, tuple[str, str]] = {
    CallState.SENDING: ("moving", "No answer yet"),
    CallState.ACCEPTED: ("done", "Taken"),
    CallState.REFUSED: ("needs", "Refused for good"),
    CallState.RETRY: ("waiting", "Not taken, tried again later"),
    CallState.UNKNOWN: ("needs", "No answer to rely on"),
}
CHANNEL_WORDS = {"sms": "text message", "email": "e-mail"}
DASH = "\u2013"
KIB = 1024.0
MINUTE, HOUR, DAY = 60, 3600, 86400


def number(value: int | None) -> str:
    """1,000; a dash for what is not known."""
    return DASH if value is None else f"{value:,}"


def packet_mark(state: str, needs: list[Need]) -> tuple[str, str]:
    """The mark and words of a packet: those of its state, unless something of it needs somebody in spite of that."""
    if PACKET_WORDS[state][0] != "needs":
        for need in needs:
            if need.is_flaw:
                return ("needs", ADDS_UP_NOT)
            if need.is_standing:
                return ("needs", STANDS_STILL)
            if need.code == "unfinished":
                return ("needs", NOT_FINISHED)
            if need.code == "unknown":
                return ("needs", f"{need.cases:,} unknown")
    return PACKET_WORDS[state]


def size(count: int) -> str:
    """A number of bytes as a person reads it: 152 kB, 1.4 MB."""
    value, unit = count / KIB, "kB"
    if count < KIB:
        return counted(count, "byte")
    if value >= KIB:
        value, unit = value / KIB, "MB"
    return f"{value:.1f} {unit}" if value < 10 else f"{value:,.0f} {unit}"


def duration(seconds: float) -> str:
    """How long something took: 0.4 s, 12 s, 3 min 20 s, 2 h 5 min."""
    if seconds < 10:
        return f"{max(seconds, 0):.1f} s"
    whole = round(seconds)
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"


def distance(moment: datetime, now: datetime) -> str:
    """How far a moment is away: 25 minutes ago, in 2 hours, yesterday is '1 day ago'."""
    seconds = (moment - now).total_seconds()
    amount = abs(seconds)
    if amount < 45:
        return "just now" if seconds <= 0 else "in a moment"
    for unit, length, limit in (("minute", MINUTE, HOUR), ("hour", HOUR, DAY), ("day", DAY, 60 * DAY)):
        if amount < limit:
            words = counted(max(1, round(amount / length)), unit)
            return f"{words} ago" if seconds < 0 else f"in {words}"
    words = counted(round(amount / (30 * DAY)), "month")
    return f"{words} ago" if seconds < 0 else f"in {words}"


def clock(moment: datetime, zone: str, now: datetime) -> str:
    """The time of day with its zone; the date too unless it is today."""
    local = moment.astimezone(ZoneInfo(zone))
    today = local.date() == now.astimezone(ZoneInfo(zone)).date()
    day = "" if today else f"{local.day} {local:%b} " + ("" if local.year == now.year else f"{local.year} ")
    return f"{day}{local:%H:%M %Z}"


def when(moment: datetime | None, zone: str | None = None) -> Markup:
    """A moment on the reader's clock with its distance, and in full where the pointer rests."""
    if moment is None:
        return Markup("&ndash;")
    now = datetime.now(UTC)
    shown = clock(moment, zone or viewer().time_zone, now)
    return Markup(
        '<time datetime="{}" title="{}">{}<span class="soft"><span class="comma">, </span>{}</span></time>'
    ).format(
        moment.isoformat(timespec="seconds"),
        moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        shown,
        distance(moment, now),
    )


def exactly(moment: datetime | None, zone: str) -> str:
    """A moment to the second with its date and zone, as a list of events needs it: 21 Nov 2026 16:40:07 CET."""
    if moment is None:
        return DASH
    local = moment.astimezone(ZoneInfo(zone))
    return f"{local.day} {local:%b %Y %H:%M:%S %Z}"


def money(minor: int, currency: str) -> str:
    """An amount in the smallest unit, written in whole units: 12,345 USD minor is 123.45 USD."""
    return f"{minor / 100:,.2f} {currency}"


def told(sentence: Sentence) -> str:
    """A sentence in the language of this page."""
    return say(sentence, language_for(str(get_locale())))


def cell(value: object) -> object:
    """A value of a table, as its type is written."""
    if value is None or isinstance(value, int):
        return number(value)
    return when(value) if isinstance(value, datetime) else value


def register(app: Flask) -> None:
    """Make the words known to the templates."""
    filters: tuple[Callable[..., object], ...] = (
        number,
        counted,
        size,
        duration,
        when,
        exactly,
        money,
        told,
        cell,
    )
    for one in filters:
        app.add_template_filter(one)
    app.add_template_global(elapsed)
    app.add_template_global(packet_mark)
    app.jinja_env.globals.update(
        step_words=STEP_WORDS,
        message_words=MESSAGE_WORDS,
        shown_words=SHOWN_WORDS,
        call_words=CALL_WORDS,
        channel_words=CHANNEL_WORDS,
    )
