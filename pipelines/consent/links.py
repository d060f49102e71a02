"""Links by which people unsubscribe: signed, bound to that purpose, valid for ever, without a personal datum (S10)."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from pipelines.domain.sending import Outgoing
from pipelines.store.address_key import address_hash

# The signature covers the purpose, so a token for anything else is refused here. Rotating the key takes a second version.
VERSION = b"\1"
PURPOSE = b"packetboat unsubscribe\0" + VERSION
SIGNATURE = 16  # bytes: 128 bits of HMAC-SHA256
ID, HASH = 16, 32  # bytes


class LinkInvalid(Exception):
    """The token was not signed by us, or not for unsubscribing."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Who unsubscribes from what. The hash stays valid when the message, which knows the address, has been erased."""

    client_id: UUID
    channel: str
    attempt_id: UUID
    address_hash: bytes


def token_of(recipient: Recipient, key: str) -> str:
    """The token for a link, in URL-safe characters."""
    payload = (
        recipient.client_id.bytes
        + recipient.attempt_id.bytes
        + recipient.address_hash
        + recipient.channel.encode()
    )
    return base64.urlsafe_b64encode(VERSION + _signature(payload, key) + payload).decode().rstrip("=")


def read_token(token: str, key: str) -> Recipient:
    """The recipient in a token. Raises LinkInvalid."""
    try:
        raw = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
        version, signature, payload = raw[:1], raw[1 : 1 + SIGNATURE], raw[1 + SIGNATURE :]
        if version != VERSION or not hmac.compare_digest(signature, _signature(payload, key)):
            raise LinkInvalid
        return Recipient(
            UUID(bytes=payload[:ID]),
            payload[2 * ID + HASH :].decode(),
            UUID(bytes=payload[ID : 2 * ID]),
            payload[2 * ID : 2 * ID + HASH],
        )
    except ValueError as error:  # also what base64 raises
        raise LinkInvalid from error


def _signature(payload: bytes, key: str) -> bytes:
    return hmac.digest(key.encode(), PURPOSE + payload, hashlib.sha256)[:SIGNATURE]


@dataclass(frozen=True, slots=True)
class Links:
    """Makes the links for the messages of one client on one channel. `base_url` is the address at which people reach the portal."""

    base_url: str
    secrets: Mapping[str, str]
    client_id: UUID
    channel: str

    def added_to(self, messages: Sequence[Outgoing]) -> list[Outgoing]:
        """The messages, each with its own link."""
        return [replace(message, unsubscribe_url=self._link(message)) for message in messages]

    def _link(self, message: Outgoing) -> str:
        hashed = address_hash(self.secrets["address_key"], message.address.casefold())
        recipient = Recipient(self.client_id, self.channel, message.attempt_id, hashed)
        return f"{self.base_url}/unsubscribe/{token_of(recipient, self.secrets['unsubscribe_key'])}"
