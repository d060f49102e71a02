"""The details of a campaign: required fields, delivery rules, deadline and quality thresholds (R14, R19)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Self

from pipelines.domain.campaign_mistakes import Mistake, mistakes
from pipelines.errors import PacketboatError


class CampaignInvalid(PacketboatError):
    """A campaign cannot be used; `mistakes` lists everything that is wrong with it."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("campaign_invalid", mistakes=[one.sentence for one in mistakes])
        self.mistakes = tuple(mistakes)


@dataclass(frozen=True, slots=True)
class DeliveryRule:
    """`name` is shown with each message; `when` is a condition of the schema; `send` names a channel."""

    name: str
    when: Mapping[str, Any]
    send: str


@dataclass(frozen=True, slots=True)
class Quality:
    """Thresholds (shares, 0 to 1) beyond which a packet is stopped. By default, only a packet whose rows are all held is stopped."""

    max_held_share: float = 1.0
    max_past_share: float = 1.0
    min_filled: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Campaign:
    """A message is not sent later than `minutes_before_contact` before the contact; None means no deadline."""

    type: str
    rules: tuple[DeliveryRule, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    minutes_before_contact: int | None = None
    quality: Quality = field(default_factory=Quality)

    @classmethod
    def from_json(cls, details: Mapping[str, Any]) -> Self:
        """Read the details of a campaign. Raises CampaignInvalid with a sentence for every mistake."""
        if wrong := mistakes(details):
            raise CampaignInvalid(wrong)
        return cls(
            type=details["type"],
            rules=tuple(DeliveryRule(**rule) for rule in details["rules"]),
            required=required_fields(details),
            optional=_fields(details, "optional"),
            minutes_before_contact=details.get("deadline", {}).get("minutes_before_contact"),
            quality=Quality(**details.get("quality", {})),
        )

    @property
    def channels(self) -> tuple[str, ...]:
        """The channels that its rules may choose, each once, in the order of the rules."""
        return tuple(dict.fromkeys(rule.send for rule in self.rules))

    def quality_for(self, feed_settings: Mapping[str, Any]) -> Quality:
        """The thresholds for a feed: its own (`quality` in its settings) override the campaign's. Raises CampaignInvalid."""
        own = feed_settings.get("quality", {})
        if wrong := mistakes(own, "quality"):
            raise CampaignInvalid(wrong)
        defaults = {
            "max_held_share": self.quality.max_held_share,
            "max_past_share": self.quality.max_past_share,
        }
        return Quality(**(defaults | {"min_filled": self.quality.min_filled} | own))


def required_fields(details: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that each row must have, by the details of a campaign, which need not be valid otherwise."""
    return _fields(details, "required")


def _fields(details: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    return tuple(details.get("fields", {}).get(kind, ()))
