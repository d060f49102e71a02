"""What a packet will probably cost, with the reasons (B5)."""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from pipelines.language import Sentence


@dataclass(frozen=True, slots=True)
class Past:
    """An earlier packet: what its messages would have cost together, and what it cost in the end (minor units)."""

    total_minor: int
    spent_minor: int

    @property
    def share(self) -> Fraction:
        """The share that was charged: less than 1 when messages were refused, expired or counted fewer segments."""
        return min(Fraction(1), Fraction(self.spent_minor, self.total_minor))


@dataclass(frozen=True, slots=True)
class Estimate:
    """The range within which the cost will probably lie, in minor units. `reasons` say why it is a range."""

    low_minor: int
    high_minor: int
    reasons: list[Sentence]


def estimate(total_minor: int, messages: int, held: int, past: Sequence[Past]) -> Estimate:
    """Estimate the cost of `messages` that cost `total_minor` if all are sent.

    Downwards: what earlier packets of the feed were charged, at the least. Upwards: `held` rows that are corrected and sent, at the average
    price.
    """
    reasons: list[Sentence] = []
    low = high = total_minor
    least = min((packet.share for packet in past), default=Fraction(1))
    if least < 1:
        low = int(total_minor * least)
        reasons.append(Sentence("estimate_losses", {"n": len(past), "share": float(round(1 - least, 3))}))
    if held and messages:
        high += round(Fraction(total_minor, messages) * held)
        reasons.append(Sentence("estimate_held", {"n": held}))
    if not past:
        reasons.append(Sentence("estimate_no_past"))
    return Estimate(low, high, reasons)
