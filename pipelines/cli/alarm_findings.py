"""The check of `packetboat doctor` for alarms about clients."""

from collections.abc import Iterator

from pipelines.bootstrap import Packetboat
from pipelines.cli.finding import Finding
from pipelines.cli.tell import tell
from pipelines.domain.words import counted
from pipelines.reports.billing import alarms
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork

# What somebody has to do about an alarm that is ours; the others are the client's matter, and their sentences say everything.
REMEDIES = {
    "alarm_ledger_difference": "`packetboat ledger verify` shows the amounts and checks again.",
    "alarm_list_difference": "`packetboat ledger verify` compares again.",
    "alarm_complaints_high": "From 0.3 % on, its e-mails are stopped.",
    "alarm_complaints_stop": "`packetboat sender resume --client …` resumes them.",
}

SIDES = {
    "unrecorded": "listed that we did not record as accepted",
    "unlisted": "accepted that the provider does not list",
}


def client_alarms(boat: Packetboat) -> Iterator[Finding]:
    """The alarms that hold: ledgers that do not add up, complaints, and credit that runs low."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        rows = alarms(uow)
    for client, alarm in rows:
        sentence, remedy = f"{client}: {tell(alarm)}", REMEDIES.get(alarm.code)
        if remedy:
            yield Finding("clients", "wrong", f"{sentence} {remedy}")
        else:
            yield Finding("clients", "note", sentence)


def provider_lists(boat: Packetboat) -> Iterator[Finding]:
    """The newest comparison with each provider's list of a day: what differs, or could not be read; and how many days were left out."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        rows = uow.all(sql("reports/doctor/listed_days"))
        left_out = uow.all(sql("reports/doctor/uncompared_days"))
    for row in rows:
        if row.outcome == "not_read":
            again = "It is tried again if the provider surely still lists that day."
            yield Finding("lists", "note", f"The list of {row.account} for {row.day} was not read. {again}")
        for side in row.differences:
            references = ", ".join(side["provider_refs"])
            messages = counted(side["messages"], "message")
            yield Finding(
                "lists",
                "wrong",
                f"{row.account}, {row.day}: {messages} {SIDES[side['side']]} ({references}).",
            )
    for gap in left_out:
        span = str(gap.first_day) if gap.days == 1 else f"{gap.first_day} to {gap.last_day}"
        why = "Either nothing ran and no list was read, or nothing used the account."
        yield Finding(
            "lists",
            "note",
            f"{counted(gap.days, 'day')} of {gap.account} not compared with its list ({span}). {why}",
        )
