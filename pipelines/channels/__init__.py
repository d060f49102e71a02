"""The channels: one file each in this folder, found by scanning it (`docs/adding-a-channel.md`)."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pipelines.channels.base import BODY, Channel
from pipelines.language import Sentence

NOT_A_CHANNEL = {"base", "lanes", "senders"}


class ChannelFileError(Exception):
    """A file in the folder of channels is not a channel; the message says what it lacks."""


@cache
def channels() -> Mapping[str, Channel]:
    """Every channel by name. Raises ChannelFileError for a file that is not a channel."""
    return scan(__name__, Path(__file__).parent)


def title_of(name: str) -> Sentence:
    """A channel as people call it; one that is gone, by its name."""
    channel = channels().get(name)
    return channel.as_sentence if channel else Sentence(f"channel_{name}", {"text": name})


def scan(package: str, folder: Path) -> dict[str, Channel]:
    """The channels in the files of `folder`, which are the modules of `package`. Raises ChannelFileError."""
    by_name: dict[str, Channel] = {}
    for module in iter_modules([str(folder)]):
        if module.ispkg or module.name in NOT_A_CHANNEL:
            continue
        channel = getattr(import_module(f"{package}.{module.name}"), "CHANNEL", None)
        if not isinstance(channel, Channel):
            raise ChannelFileError(f"{module.name}.py does not define CHANNEL, an instance of Channel.")
        if absent := [name for name in Channel.__annotations__ if not hasattr(channel, name)]:
            raise ChannelFileError(f"The channel in {module.name}.py does not define {', '.join(absent)}.")
        if channel.name != module.name:
            raise ChannelFileError(f"The channel in {module.name}.py is named {channel.name}.")
        if BODY not in {part.name for part in channel.parts}:
            raise ChannelFileError(f"The channel in {module.name}.py has no part named {BODY}.")
        if channel.lane_title in {other.lane_title for other in by_name.values()}:
            raise ChannelFileError(f"The channel in {module.name}.py has the lane_title of another channel.")
        by_name[channel.name] = channel
    return by_name
