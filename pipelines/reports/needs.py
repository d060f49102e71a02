"""Why a packet needs somebody's attention. The view `packet_need` (sql/views) gives code and count, needs.po the sentences."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.language import Sentence
from pipelines.language.vocabulary import step_title

# Why a packet is stalled. The most important first, here and below.
STALLED = ("run_failed", "starts_in_vain", "dag_paused", "silent")
# Inconsistencies found by a recount (sql/actions/recount_packets).
FLAWS = (
    "rows_differ",
    "totals_missing",
    "totals_differ",
    "rows_without_outcome",
    "rows_twofold",
    "messages_without_row",
    "messages_open",
    "tries_lost",
    "states_unexplained",
    "money_differs",
)
OTHERS = (
    "stopped",
    "refused",
    "awaiting_credit",
    "unfinished",
    "failures_soar",
    "provider_down",
    "sender_refused",
    "complaints",
    "provider_unclear",
    "provider_busy",
    "over_limit",
    "sent_twice",
    "undecided",
    "unknown",
    "replies_unsure",
    "held",
)
RANK = {code: place for place, code in enumerate((*FLAWS, *STALLED, *OTHERS))}

FOR_CLIENT = frozenset(
    {"held", "replies_unsure", "refused"}
)  # the client fixes these; all others are for support
TO_DECIDE = frozenset({"undecided", "sent_twice"})  # a page of their own lists the messages
INVESTIGATE_FIRST = frozenset({*FLAWS, "unfinished"})  # find the cause before running the packet again
EXPLAINED_BY_PACKET = frozenset(
    {"stopped", "refused", "awaiting_credit"}
)  # the packet's own problem says more


@dataclass(frozen=True)
class Need:
    """One reason why a packet needs attention. `cases` is the number of messages or rows concerned."""

    code: str
    cases: int

    @property
    def sentence(self) -> Sentence:
        """What is wrong."""
        reason = Sentence(f"need_{self.code}", {"n": self.cases})
        if self.is_stalled and self.cases:
            return Sentence("need_with_messages_ready", {"why": reason, "n": self.cases})
        return reason

    @property
    def remedy(self) -> Sentence:
        """What support should do about it."""
        if self.code in INVESTIGATE_FIRST:
            return Sentence("remedy_look_into_it")
        return Sentence(f"remedy_{self.code}", {"step": step_title("dispatch")})

    @property
    def for_support(self) -> bool:
        return self.code not in FOR_CLIENT

    @property
    def is_stalled(self) -> bool:
        """Whether it means that the packet is stalled."""
        return self.code in STALLED

    @property
    def is_to_decide(self) -> bool:
        """Whether people have to find out something about messages."""
        return self.code in TO_DECIDE

    @property
    def is_flaw(self) -> bool:
        return self.code in FLAWS


def needs_of(rows: Iterable[Mapping[str, Any]]) -> list[Need]:
    """The needs from rows of `packet_need` (code and cases), the most important first."""
    return sorted((Need(row["code"], row["cases"]) for row in rows), key=lambda need: RANK[need.code])
