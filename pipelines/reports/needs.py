"""What of a packet needs somebody, in words: the view `packet_need` (sql/migrations) says why and how many, this file how it is told."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Self

from pipelines.domain.words import counted

Words = Mapping[str, Callable[[int], str]]  # a sentence for each code, made with its number of cases


def _are(count: int, one: str) -> str:
    return f"{counted(count, one)} {'is' if count == 1 else 'are'}"


def _ready(count: int) -> str:
    return (
        f" {_are(count, 'message')} ready and nobody sends {'it' if count == 1 else 'them'}." if count else ""
    )


# Why a packet stands still. The most telling first, here and below.
STANDING: Words = {
    "run_failed": lambda ready: f"Its run was ended as failed in Airflow.{_ready(ready)}",
    "starts_in_vain": lambda ready: f"It was started again several times and did not get on.{_ready(ready)}",
    "dag_paused": lambda ready: f"The DAG packet is paused in Airflow.{_ready(ready)}",
    "silent": lambda ready: f"Nothing of it has moved for half an hour.{_ready(ready)}",
}
# What a recount (sql/recount) found not to add up.
FLAWS: Words = {
    "rows_differ": lambda rows: f"It has {counted(rows, 'row')} more or less than were read from its file.",
    "totals_missing": lambda _packet: "It is settled, and the sum of its rows is gone.",
    "totals_differ": lambda rows: f"{_are(rows, 'row')} counted under an outcome that no message bears out.",
    "rows_without_outcome": lambda rows: f"{_are(rows, 'row')} without a message or a reason for being held.",
    "rows_twofold": lambda rows: f"{_are(rows, 'row')} held and written to all the same.",
    "messages_without_row": lambda count: f"{_are(count, 'message')} there without a row.",
    "messages_open": lambda count: f"{_are(count, 'message')} ready or being sent, although it is settled.",
    "tries_lost": lambda count: f"{_are(count, 'record')} missing of the tries to send its messages.",
    "states_unexplained": lambda count: (
        f"{_are(count, 'message')} in a state that no answer and no report of a provider explains."
    ),
}
OTHERS: Words = {
    "stopped": lambda _packet: "It was stopped.",
    "refused": lambda _packet: "The file was not taken in.",
    "unfinished": lambda rows: f"{_are(rows, 'row')} without an end, although it is settled.",
    "unknown": lambda count: (
        f"{_are(count, 'message')} unknown: the provider may have {'it' if count == 1 else 'them'}, so nobody sends"
        f" {'it' if count == 1 else 'them'} again blindly."
    ),
    "held": lambda rows: f"{_are(rows, 'row')} held.",
}
SENTENCES: Words = {**FLAWS, **STANDING, **OTHERS}
RANK = {code: place for place, code in enumerate(SENTENCES)}

LOOK_INTO_IT = "Do not run it again before you know why; docs/when-a-packet-fails.md says how to look."
GO_ON = "When it may go on, run the step where it stands again: nobody is messaged twice."
REMEDIES = dict.fromkeys(FLAWS, LOOK_INTO_IT) | {
    "run_failed": GO_ON,
    "starts_in_vain": f"Look at its run in Airflow. {GO_ON}",
    "dag_paused": "Unpause it there, and the packet goes on by itself.",
    "silent": "Run `packetboat doctor`, and look at its run in Airflow.",
    "stopped": "Its page says why, and what to do.",
    "refused": "Correct it and send it again.",
    "unfinished": LOOK_INTO_IT,
    "unknown": "Reports of the provider settle most of them; ask it about the others.",
    "held": "Download, correct and send them again.",
}
CLIENTS_OWN = frozenset({"held", "refused"})  # the client puts these right; all others are for support
TOLD_BY_PACKET = frozenset({"stopped", "refused"})  # the packet's own problem says more


@dataclass(frozen=True)
class Need:
    """One reason why a packet needs somebody. `cases` counts the messages or rows that it is about; `remedy` is for support."""

    code: str
    cases: int
    sentence: str
    remedy: str

    @classmethod
    def of(cls, code: str, cases: int) -> Self:
        return cls(code, cases, SENTENCES[code](cases), REMEDIES[code])

    @property
    def for_support(self) -> bool:
        return self.code not in CLIENTS_OWN

    @property
    def is_standing(self) -> bool:
        """Whether the packet stands still for it."""
        return self.code in STANDING

    @property
    def is_flaw(self) -> bool:
        return self.code in FLAWS


def needs_of(rows: Iterable[Mapping[str, Any]]) -> list[Need]:
    """What a statement read from `packet_need` (code and cases), the most telling first."""
    return sorted((Need.of(row["code"], row["cases"]) for row in rows), key=lambda need: RANK[need.code])
