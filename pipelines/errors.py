"""The errors of Packetboat. Each carries a stable code to count, a sentence for a person, and whether trying again can help.

No sentence may hold a phone number, an address, a name or a message body (S2): say where it is, not what it is.
"""


class PacketboatError(Exception):
    """An error whose text may be shown to a person.

    `code` is stable and in snake case; `permanent` says that a retry without a change cannot help.
    """

    code = "error"
    permanent = True

    def __init__(self, sentence: str, *, code: str | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        if code is not None:
            self.code = code


class PacketRefused(PacketboatError):
    """The packet does not enter: nothing is loaded, no credit moves."""

    code = "packet_refused"


class StepFailed(PacketboatError):
    """A step cannot finish with this packet as it is; a person has to change something first."""

    code = "step_failed"


class TryLater(PacketboatError):
    """Something that a step needs is away for the moment; the step goes on where it was.

    `after_seconds` is how long the other side asked us to wait, if it said so.
    """

    code = "try_later"
    permanent = False

    def __init__(self, sentence: str, *, code: str | None = None, after_seconds: float | None = None) -> None:
        super().__init__(sentence, code=code)
        self.after_seconds = after_seconds


class NoRoom(TryLater):
    """The disk is full, or would soon be: nothing was kept of what should have been written."""

    code = "no_room"

    def __init__(
        self,
        sentence: str = "There is no room for the file on our side at the moment, and nothing of it was kept:"
        " send it again later, and tell support if it stays like this.",
    ) -> None:
        super().__init__(sentence)


class SettingsError(PacketboatError):
    """A setting is missing or wrong; the sentence names it and says what to write."""

    code = "settings"


class NotFound(PacketboatError):
    """There is no such thing, or it belongs to another client: the answer is the same (S1)."""

    code = "not_found"
