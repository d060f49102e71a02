"""The errors of Packetboat. Each carries a sentence for a person, with a stable code to count, and whether trying again can help.

No param of a sentence may hold a phone number, an address, a name or a message body (S2): say where it is, not what it is.
"""

from typing import Any

from pipelines.language import Sentence, say


class PacketboatError(Exception):
    """An error whose sentence may be shown to a person. `permanent` says that a retry without a change cannot help.

    Made of a code of the catalogues (`pipelines.language`) and the params that fill its placeholders, or of a whole Sentence.
    """

    permanent = True

    def __init__(self, what: str | Sentence, /, **params: Any) -> None:
        self.sentence = what if isinstance(what, Sentence) else Sentence(what, params)
        self.code = self.sentence.code
        super().__init__(self.code)

    def __str__(self) -> str:
        """In English, for a log of Airflow and for whoever reads a stack trace."""
        return say(self.sentence)


class PacketRefused(PacketboatError):
    """The packet does not enter: nothing is loaded, no credit moves."""


class StepFailed(PacketboatError):
    """A step cannot finish with this packet as it is; a person has to change something first."""


class TryLater(PacketboatError):
    """Something that a step needs is away for the moment; the step goes on where it was.

    `after_seconds` is how long the other side asked us to wait, if it said so.
    """

    permanent = False

    def __init__(self, what: str | Sentence, /, *, after_seconds: float | None = None, **params: Any) -> None:
        super().__init__(what, **params)
        self.after_seconds = after_seconds


class NoRoom(TryLater):
    """The disk is full, or would soon be: nothing was kept of what should have been written."""

    def __init__(self, code: str = "no_room_for_file", /) -> None:
        super().__init__(code)


class SettingsError(PacketboatError):
    """A setting is missing or wrong; the sentence names it and says what to write."""


class NotFound(PacketboatError):
    """There is no such thing, or it belongs to another client: the answer is the same (S1)."""
