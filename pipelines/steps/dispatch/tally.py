"""The outcomes of a lane's messages, for its progress and its note."""

from dataclasses import dataclass

from pipelines.domain.sending import Verdict
from pipelines.language import Sentence
from pipelines.steps.dispatch.send import Sent


@dataclass(slots=True)
class Tally:
    """The outcomes of a lane's messages so far; `claimed` excludes those that became ready again."""

    claimed: int = 0
    accepted: int = 0
    refused: int = 0
    unknown: int = 0

    def count(self, sent: Sent) -> None:
        size = len(sent.call.messages)
        match sent.answer.verdict if sent.answer else None:
            case Verdict.ACCEPTED:
                self.accepted += size
            case Verdict.REFUSED:
                self.refused += size
            case Verdict.UNKNOWN:
                self.unknown += size
            case _:
                self.claimed -= size

    @property
    def note(self) -> Sentence:
        """The lane's note for the journal."""
        if not self.claimed:
            return Sentence("lane_had_nothing")
        parts = [Sentence("messages_accepted", {"n": self.accepted})]
        parts += [Sentence("messages_refused", {"n": self.refused})] if self.refused else []
        parts += [Sentence("messages_unknown", {"n": self.unknown})] if self.unknown else []
        return Sentence("lane_did", {"parts": parts})
