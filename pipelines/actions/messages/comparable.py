"""Writes the addresses that a provider reports in the form in which we keep addresses."""

from collections.abc import Iterable
from dataclasses import replace

from pipelines.channels import channels
from pipelines.cleaning.registry import value_rules
from pipelines.cleaning.rule import Cleaned, Setting
from pipelines.domain.sending import ProviderEvent
from pipelines.providers.carriers.base import Carrier
from pipelines.states import MessageState

HARMFUL = frozenset({MessageState.FAILED, MessageState.UNDELIVERED, MessageState.CANCELLED})
_NO_REGION = Setting(region="ZZ", language="en", time_zone="UTC")  # a provider's numbers have country codes


def comparable(carrier: Carrier | type[Carrier], events: Iterable[ProviderEvent]) -> list[ProviderEvent]:
    """The events with their addresses as we write them, as far as they are matched by them (sql/events/match).

    A provider may write an address in another way than we did, such as with the Unicode form of its domain; an opt-out would then match
    nobody. Good news with our own id needs no address, and reading each number would take a third of the time for storing it.
    """
    return [
        replace(event, address=normalised(carrier, event.address)) if _needs_address(event) else event
        for event in events
    ]


def _needs_address(event: ProviderEvent) -> bool:
    return event.attempt_id is None or event.opt_out is not None or event.state in HARMFUL


def normalised(carrier: Carrier | type[Carrier], address: str | None) -> str | None:
    """The address as cleaning writes it, by the rules of the carrier's channels; unchanged if none of them can read it."""
    if address is None or not address.strip():
        return address
    for name in sorted(carrier.channels & channels().keys()):
        clean = value_rules()[channels()[name].address].clean
        cleaned = clean(address, _NO_REGION) if clean else None
        if isinstance(cleaned, Cleaned) and cleaned.value:
            return cleaned.value
    return address
