"""Adds a sender to a client: the number or address that its messages of one channel come from."""

import re
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import Engine

from pipelines.actions.sending.complaints import stop_if_stopped
from pipelines.channels import channels
from pipelines.errors import NotFound, PacketboatError
from pipelines.providers.carriers import carriers, carriers_of
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork


class SenderInvalid(PacketboatError):
    """The sender could not send anything."""


@dataclass(frozen=True, slots=True)
class AddedSender:
    """`address` is as the provider accepts it: a name may have got quotes."""

    id: UUID
    address: str


def add_sender(
    engine: Engine, *, client_id: UUID, channel: str, provider: str, address: str, fallback: bool = False
) -> AddedSender:
    """Make this the client's first sender of the channel; the one that was first is paused. A `fallback` comes after all active ones.

    A fall-back is used while the senders before it cannot be. An existing sender is activated again. While the channel is stopped because of
    complaints, so is the sender. Raises SenderInvalid for an unknown channel, a provider that does not carry the channel, and an
    address that the provider cannot send from, and NotFound when there is no such client.
    """
    address = _checked(channel, provider, address)
    parameters = {
        "client_id": client_id,
        "channel": channel,
        "provider": provider,
        "address": address,
        "fallback": fallback,
    }
    with UnitOfWork(engine, client_id) as uow:
        if uow.scalar(sql("actions/lock_client"), parameters) is None:
            raise NotFound("no_such_client", client=str(client_id))
        if not fallback:
            uow.execute(sql("actions/pause_senders"), parameters)
            uow.execute(sql("actions/sending/lock_waits"), parameters)
            uow.execute(sql("actions/sending/end_waits"), parameters)
        sender_id: UUID = uow.scalar(sql("actions/add_sender"), parameters)
        stop_if_stopped(uow, client_id, channel)
        uow.commit()
    return AddedSender(sender_id, address)


def _checked(channel: str, provider: str, address: str) -> str:
    """The address as the provider accepts it."""
    if channel not in channels():
        raise SenderInvalid("sender_unknown_channel", channel=channel, known=list(channels()))
    providers = [carrier.name for carrier in carriers_of(channel)]
    if not providers:
        raise SenderInvalid("sender_nobody_carries", channel=channel)
    if provider not in providers:
        raise SenderInvalid("sender_not_carried", provider=provider, channel=channel, known=providers)
    carrier = carriers()[provider]
    if not address.isprintable() or not re.fullmatch(carrier.sender_pattern, address, re.ASCII):
        raise SenderInvalid("sender_wrong_form", provider=provider, form=carrier.sender_described())
    return carrier.normalise_sender(address)
