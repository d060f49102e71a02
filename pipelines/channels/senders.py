"""What to say about channels on which a client has no sender: the same before a packet is loaded and in its lanes."""

from collections.abc import Collection

from pipelines.channels import channels
from pipelines.language import Sentence


def no_sender(names: Collection[str]) -> Sentence:
    """What is missing and what to do, for the channels called `names`."""
    known = channels()
    titles = [known[name].title if name in known else name for name in names]
    commands = [f"`packetboat sender add --channel {name}`" for name in names]
    return Sentence("no_sender", {"channels": titles, "commands": commands})
