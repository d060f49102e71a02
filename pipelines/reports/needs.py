"""What of a packet needs somebody: the view `packet_need` (sql/migrations) says why and how many, the catalogues (needs.po) how it is told."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.language import Sentence
from pipelines.language.vocabulary import step_title

# Why a packet stands still. The most telling first, here and below.
STALLED = ("run_failed", "starts_in_vain", "dag_paused", "silent")
# What a recount (sql/actions/recount_packets) found not to add up.
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
)
OTHERS = (
    "stopped",
    "refused",
    "unfinished",
    "provider_down",
    "provider_unclear",
    "provider_busy",
    "unknown",
    "held",
)
RANK = {code: place for place, code in enumerate((*FLAWS, *STALLED, *OTHERS))}

FOR_CLIENT = frozenset({"held", "refused"})  # the client puts these right; all others are for support
INVESTIGATE_FIRST = frozenset({*FLAWS, "unfinished"})  # nobody should run these again before it is known why
EXPLAINED_BY_PACKET = frozenset({"stopped", "refused"})  # the packet's own problem says more


@dataclass(frozen=True)
class Need:
    """One reason why a packet needs somebody. `cases` counts the messages or rows that it is about."""

    code: str
    cases: int

    @property
    def sentence(self) -> Sentence:
        """What is the matter."""
        why = Sentence(f"need_{self.code}", {"n": self.cases})
        if self.is_stalled and self.cases:
            return Sentence("need_with_messages_ready", {"why": why, "n": self.cases})
        return why

    @property
    def remedy(self) -> Sentence:
        """What support does about it."""
        if self.code in INVESTIGATE_FIRST:
            return Sentence("remedy_look_into_it")
        return Sentence(f"remedy_{self.code}", {"step": step_title("dispatch")})

    @property
    def for_support(self) -> bool:
        return self.code not in FOR_CLIENT

    @property
    def is_stalled(self) -> bool:
        """Whether the packet stands still for it."""
        return self.code in STALLED

    @property
    def is_flaw(self) -> bool:
        return self.code in FLAWS


def needs_of(rows: Iterable[Mapping[str, Any]]) -> list[Need]:
    """What a statement read from `packet_need` (code and cases), the most telling first."""
    return sorted((Need(row["code"], row["cases"]) for row in rows), key=lambda need: RANK[need.code])
