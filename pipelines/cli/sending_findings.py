"""The checks of `packetboat doctor` about sending: the providers, and whether every client has the senders that it needs."""

from collections.abc import Iterator

from pipelines.bootstrap import Packetboat, secrets_of
from pipelines.channels import channels, title_of
from pipelines.cli.finding import Finding
from pipelines.cli.tell import tell
from pipelines.cli.times import when
from pipelines.domain.words import counted
from pipelines.errors import SettingsError
from pipelines.events.batch import CONTRADICTING
from pipelines.events.failures import unlisted
from pipelines.language import Sentence
from pipelines.providers.carriers import carriers, carriers_of
from pipelines.providers.carriers.base import Carrier
from pipelines.reports.forecast import forecast_errors
from pipelines.reports.hold import Hold
from pipelines.settings import Settings
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

RECENT_DAYS = 7
OPT_OUT_MINUTES = 15  # an opt-out may come before the record of its call, but rarely by more


def providers(chosen: Settings) -> Iterator[Finding]:
    """Each provider as the lanes will use it, and each channel without a provider."""
    secrets = secrets_of(chosen)
    for carrier in carriers().values():
        yield _provider(carrier, chosen, secrets)
    for channel in channels().values():
        if not carriers_of(channel.name):
            yield Finding(channel.name, "wrong", f"No provider carries {tell(channel.as_sentence)}.")


def _provider(carrier: type[Carrier], chosen: Settings, secrets: dict[str, str]) -> Finding:
    try:
        carrier.configured(chosen, secrets).close()
    except SettingsError as error:
        return Finding(carrier.name, "wrong", tell(error.sentence))
    carries = ", ".join(tell(title_of(name)) for name in sorted(carrier.channels))
    if carrier.account.is_sandbox(chosen):
        return Finding(
            carrier.name, "note", f"The sandbox answers for it ({carries}); nobody is really messaged."
        )
    return Finding(carrier.name, "ok", f"It carries {carries} at {carrier.account.base_url(chosen)}")


def senders(boat: Packetboat) -> Iterator[Finding]:
    """How many clients can send on each channel, and what prevents the others."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        active = uow.all(sql("reports/doctor/senders"))
        missing = uow.all(sql("reports/doctor/senders_missing"))
    for row in active:
        names = [carrier.name for carrier in carriers_of(row.channel)]
        clients = counted(row.clients, "client")
        if row.provider in names:
            yield Finding("senders", "ok", f"{clients} with {tell(title_of(row.channel))} by {row.provider}")
        else:
            cause = f"{clients} with {tell(title_of(row.channel))} by {row.provider}, which does not carry it"
            yield Finding("senders", "wrong", f"{cause}. Add other senders with `packetboat sender add`.")
    for row in missing:
        cause = f"{counted(row.clients, 'client')}, such as {row.example}, without a sender for {tell(title_of(row.channel))}"
        remedy = "although a campaign needs one. Add it with `packetboat sender add`."
        yield Finding("senders", "wrong", f"{cause}, {remedy}")


def hold(boat: Packetboat) -> Iterator[Finding]:
    """Whether all sending is on hold."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        found = Hold.read(uow)
    if found is not None:
        remedy = "`packetboat hold release` ends the hold."
        yield Finding("hold", "wrong", f"{tell(found.pause.sentence('UTC'))} {remedy}")


def opt_outs(boat: Packetboat) -> Iterator[Finding]:
    """Opt-outs and complaints that match no message: whoever made them would be written to again."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        unmatched = uow.all(sql("reports/doctor/opt_outs_unmatched"), {"patience_minutes": OPT_OUT_MINUTES})
    for row in unmatched:
        cause = (
            f"{counted(row.opt_outs, 'opt-out or complaint', 'opt-outs or complaints')} from {row.provider}"
        )
        match = "matches no message" if row.opt_outs == 1 else "match no message"
        remedy = "Find their addresses in the tables event_inbox and reply, look in the messages for the clients that wrote to them, and suppress them with `packetboat suppress add`."
        yield Finding("opt-outs", "wrong", f"{cause} {match}, so nobody was suppressed. {remedy}")


def set_aside(boat: Packetboat) -> Iterator[Finding]:
    """Events and replies that cannot be processed: they are kept and tried again, but something stored about their client is damaged."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        rows = uow.all(sql("reports/doctor/set_aside"))
    for row in rows:
        cause = f"{counted(row.cases, 'event or reply', 'events or replies')} of {row.provider} cannot be processed since {when(row.since)}"
        remedy = "They are kept and tried again. Look for damaged data with `packetboat ledger verify`."
        yield Finding("events", "wrong", f"{cause} ({row.problem}). {remedy}")


def breakers(boat: Packetboat) -> Iterator[Finding]:
    """Providers and senders that are held back, and codes of failures whose meaning nobody has told us."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        held = uow.all(sql("reports/doctor/breakers"))
        codes = uow.all(sql("reports/doctor/failure_codes"))
    for row in held:
        sender = f" from a sender of {row.client}" if row.client else ""
        cause = f"{row.provider} has not been called for {tell(title_of(row.channel))}{sender} since {when(row.opened_at)}"
        why = tell(Sentence(f"breaker_because_{row.reason}", row.params))
        again = (
            f"It is tried again at {when(row.retry_at)}."
            if row.retry_at
            else f"Resume it with `packetboat sender resume --client {row.client}`."
        )
        yield Finding("breaker", "wrong", f"{cause}. {why} {again}")
    for row in codes:
        if unlisted(row.provider, row.error_code):
            times = counted(row.cases, "time")
            text = f"{row.provider} reported the failure {row.error_code} {times} in a week, and its table does not list it."
            yield Finding("failures", "note", text)


def forecasts(boat: Packetboat) -> Iterator[Finding]:
    """How wrong the forecasts of the last 30 days were."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        found = forecast_errors(uow)
    if found.median_error is not None:
        packets = counted(found.packets, "packet")
        yield Finding(
            "forecasts",
            "ok",
            f"The median error was {found.median_error:.0%} of the sending time ({packets}).",
        )


def unmatched(boat: Packetboat) -> Iterator[Finding]:
    """Events that match no message: they are kept, but somebody else may use our account, or a callback address is wrong."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        rows = uow.all(sql("reports/doctor/events_unmatched"), {"days": RECENT_DAYS})
    for row in rows:
        cause = f"{counted(row.events, 'event')} from {row.provider} in the last {RECENT_DAYS} days"
        yield Finding(
            "events", "note", f"{cause} matched no message. They are kept in the table event_inbox."
        )


def refused(boat: Packetboat) -> Iterator[Finding]:
    """Calls of the hooks that were refused, or known already. One that contradicts what we know was signed: the provider, or whoever has its key, mixed two up."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        rows = uow.all(sql("reports/doctor/hook_refusals"), {"days": RECENT_DAYS})
    for row in rows:
        cause = f"{counted(row.refused, 'callback')} of {row.provider} in the last {RECENT_DAYS} days"
        if row.reason == CONTRADICTING:
            kept = "They are kept in the table event_inbox (outcome contradicting)."
            yield Finding(
                "events", "wrong", f"{cause} named one message by our id and another by its own. {kept}"
            )
        else:
            verb = "was" if row.refused == 1 else "were"
            yield Finding("hooks", "note", f"{cause} {verb} not taken: {row.reason.replace('_', ' ')}.")
