"""The channels, each a file of this folder, found by looking into it (`docs/adding-a-channel.md`)."""

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pipelines.channels.base import BODY, Channel
from pipelines.language import Sentence

NOT_A_CHANNEL = {"base", "lanes", "senders"}


class ChannelFileError(Exception):
    """A file in the folder of channels is not a channel; the sentence says what it lacks."""


@cache
def channels() -> Mapping[str, Channel]:
    """Every channel by its name. Raises ChannelFileError for a file that is none."""
    return scan(__name__, Path(__file__).parent)


def title_of(name: str) -> Sentence:
    """A channel as people call it; one that is gone, by its name."""
    channel = channels().get(name)
    return channel.called if channel else Sentence(f"channel_{name}", {"text": name})


def scan(package: str, folder: Path) -> dict[str, Channel]:
    """The channels in the files of `folder`, which are the modules of `package`. Raises ChannelFileError."""
    found: dict[str, Channel] = {}
    for module in iter_modules([str(folder)]):
        if module.ispkg or module.name in NOT_A_CHANNEL:
            continue
        channel = getattr(import_module(f"{package}.{module.name}"), "CHANNEL", None)
        if not isinstance(channel, Channel):
            raise ChannelFileError(f"{module.name}.py has no CHANNEL = … that is an instance of a Channel.")
        if absent := [name for name in Channel.__annotations__ if not hasattr(channel, name)]:
            raise ChannelFileError(f"The channel in {module.name}.py does not say its {', '.join(absent)}.")
        if channel.name != module.name:
            raise ChannelFileError(f"The channel in {module.name}.py calls itself {channel.name}.")
        if BODY not in {part.name for part in channel.parts}:
            raise ChannelFileError(f"The channel in {module.name}.py has no part called {BODY}.")
        if channel.lane_title in {other.lane_title for other in found.values()}:
            raise ChannelFileError(
                f"The lanes of the channel in {module.name}.py are called as those of another."
            )
        found[channel.name] = channel
    return found
