"""The details of a campaign: required fields, delivery rules, schedule, window, deadline and quality thresholds (R14, R19)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Self

from pipelines.domain.campaign_mistakes import Mistake, mistakes
from pipelines.domain.lifetime import LIFE_HOURS
from pipelines.domain.schedule import DAY, Schedule, Window
from pipelines.domain.schedule_mistakes import schedule_mistakes
from pipelines.errors import PacketboatError

# Types whose messages nobody asked for: e-mails of these carry an unsubscribe link (RFC 8058).
MARKETING_TYPES = frozenset({"announcement", "home_for_sale", "short_sale", "auction"})


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
    """A message is not sent later than `minutes_before_contact` before the contact (None: the campaign does not say), nor later than `life`
    after the first moment at which it might have gone. A life of None is that of the type, and only for what has no contact ahead.

    With `needs_consent`, only people are contacted who agreed to marketing on the channel.
    """

    type: str
    rules: tuple[DeliveryRule, ...]
    required: tuple[str, ...] = ()
    optional: tuple[str, ...] = ()
    minutes_before_contact: int | None = None
    life: timedelta | None = None
    quality: Quality = field(default_factory=Quality)
    schedule: Schedule = field(default_factory=Schedule)
    window: Window = field(default_factory=lambda: Window(0, DAY))
    needs_consent: bool = False

    @classmethod
    def from_json(cls, details: Mapping[str, Any]) -> Self:
        """Read the details of a campaign. Raises CampaignInvalid with a sentence for every mistake."""
        if wrong := details_mistakes(details):
            raise CampaignInvalid(wrong)
        deadline = details.get("deadline", {})
        return cls(
            type=details["type"],
            rules=tuple(DeliveryRule(**rule) for rule in details["rules"]),
            required=required_fields(details),
            optional=_fields(details, "optional"),
            minutes_before_contact=deadline.get("minutes_before_contact"),
            life=timedelta(hours=deadline["hours"]) if "hours" in deadline else None,
            quality=Quality(**details.get("quality", {})),
            schedule=Schedule.from_json(details),
            window=Window.from_json(details),
            needs_consent=details.get("consent") == "required",
        )

    @property
    def life_of_type(self) -> timedelta:
        """For how long a message is worth sending whose campaign and row name no end."""
        return timedelta(hours=LIFE_HOURS[self.type])

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


def details_mistakes(details: Mapping[str, Any]) -> list[Mistake]:
    """Every mistake in the details of a campaign."""
    wrong = mistakes(details)
    return wrong + schedule_mistakes(details, wrong) if isinstance(details, Mapping) else wrong


def required_fields(details: Mapping[str, Any]) -> tuple[str, ...]:
    """The fields that each row must have, by the details of a campaign, which need not be valid otherwise."""
    return _fields(details, "required")


def _fields(details: Mapping[str, Any], kind: str) -> tuple[str, ...]:
    return tuple(details.get("fields", {}).get(kind, ()))
