"""When a packet that waits goes on, as people read it."""

from datetime import datetime

from pipelines.language import Sentence
from pipelines.language.zoned import zoned


def going_on(at: datetime | None, due: int | None, zone: str) -> Sentence | None:
    """The sentence for a packet whose sending goes on at `at`, when `due` messages become due; None when it does not wait."""
    if at is None:
        return None
    if due:
        return Sentence("messages_go_out_next", {"n": due, "at": zoned(at, zone)})
    return Sentence("sending_goes_on", {"at": zoned(at, zone)})
