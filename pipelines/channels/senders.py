"""The sentence about channels on which a client has no sender: the same at upload and in the lanes."""

from collections.abc import Collection

from pipelines.channels import title_of
from pipelines.language import Sentence


def no_sender(names: Collection[str], client: str) -> Sentence:
    """What is missing and what to do, for the channels with these `names`; `client` is the short name."""
    commands = [f"`packetboat sender add ADDRESS --client {client} --channel {name}`" for name in names]
    return Sentence("no_sender", {"channels": [title_of(name) for name in names], "commands": commands})
