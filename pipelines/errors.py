"""The errors of Packetboat. Each has a sentence for people, a stable code, and a flag that says whether a retry can help.

No param of a sentence may hold a phone number, an address, a name or a message body (S2): say where it is, not what it is.
"""

from typing import Any

from pipelines.language import Sentence, say


class PacketboatError(Exception):
    """An error whose sentence may be shown to people. `permanent` means that a retry cannot help unless something changes.

    Takes a code from the catalogues (`pipelines.language`) with the params for its placeholders, or a Sentence.
    """

    permanent = True

    def __init__(self, what: str | Sentence, /, **params: Any) -> None:
        self.sentence = what if isinstance(what, Sentence) else Sentence(what, params)
        self.code = self.sentence.code
        super().__init__(self.code)

    def __str__(self) -> str:
        """The sentence in English, for Airflow's logs and stack traces."""
        return say(self.sentence)


class PacketRefused(PacketboatError):
    """The packet is not accepted: nothing is loaded, no credit moves."""


class StepFailed(PacketboatError):
    """A step cannot finish with this packet as it is; a person has to change something first."""


class TryLater(PacketboatError):
    """Something that a step needs is temporarily unavailable; the step will resume where it was.

    `after_seconds` is how long the other side asked us to wait, or None.
    """

    permanent = False

    def __init__(self, what: str | Sentence, /, *, after_seconds: float | None = None, **params: Any) -> None:
        super().__init__(what, **params)
        self.after_seconds = after_seconds


class NoRoom(TryLater):
    """The disk is full or nearly full: nothing was written."""

    def __init__(self, code: str = "no_room_for_file", /) -> None:
        super().__init__(code)


class SettingsError(PacketboatError):
    """A setting is missing or wrong; the sentence names it and says what to write."""


class NotFound(PacketboatError):
    """It does not exist, or it belongs to another client: the error is the same for both (S1)."""
