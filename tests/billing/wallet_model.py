"""What a client's wallet must contain, by the rules of docs/protocols.md#ledger alone: no table, no statement, no code of ours."""

from dataclasses import dataclass, field
from uuid import UUID

OPEN = ("ready", "sending", "unknown")
TAKEN = ("accepted", "sent", "delivered", "undelivered")
OVER = ("failed", "suppressed", "expired", "cancelled")
SEGMENTS = 2  # of every message


@dataclass
class Message:
    """`refunds` has what was returned, by reason; `billed` is how many segments the provider counted."""

    price: int  # of a segment
    state: str = "ready"
    billed: int | None = None
    refunds: dict[str, int] = field(default_factory=dict)

    @property
    def reserved(self) -> int:
        return SEGMENTS * self.price if self.state in OPEN else 0

    @property
    def charge(self) -> int:
        """Without what was refunded; a provider that has not counted yet (0) has counted as many as we."""
        return self.price * min(self.billed or SEGMENTS, SEGMENTS) if self.state in TAKEN else 0

    @property
    def refundable(self) -> int:
        return self.charge - sum(self.refunds.values())

    @property
    def spent(self) -> int:
        return max(0, self.refundable)


@dataclass
class Packet:
    """`messages` by row. Of one that is not `reserved`, only what was taken nevertheless is paid for."""

    currency: str
    messages: dict[int, Message]
    state: str = "waiting"
    cancelled: bool = False

    @property
    def open(self) -> int:
        """What its messages cost that may still go out."""
        return sum(message.reserved for message in self.messages.values())

    @property
    def reserved(self) -> int:
        return self.open if self.state == "reserved" else 0

    @property
    def spent(self) -> int:
        return sum(message.spent for message in self.messages.values())


class Wallet:
    """`paid` by currency; `packets` by id, in whose order they are reserved."""

    def __init__(self) -> None:
        self.paid: dict[str, int] = {}
        self.packets: dict[UUID, Packet] = {}

    def pay(self, currency: str, minor: int) -> None:
        self.paid[currency] = self.paid.get(currency, 0) + minor

    def free(self, currency: str) -> int:
        """Less than nothing: owed."""
        gone = sum(one.reserved + one.spent for one in self.packets.values() if one.currency == currency)
        return self.paid.get(currency, 0) - gone

    def available(self, currency: str) -> int:
        return max(0, self.free(currency))

    def reserve(self, packet: Packet) -> bool:
        """Reserve a whole packet, or nothing of it."""
        if packet.open <= self.available(packet.currency):
            packet.state = "reserved"
        return packet.state == "reserved"

    def reserve_waiting(self) -> set[UUID]:
        """Reserve each packet that waits, if it fits, the oldest first. Returns these."""
        waiting = [key for key, packet in sorted(self.packets.items()) if packet.state == "waiting"]
        return {key for key in waiting if self.reserve(self.packets[key])}

    def cancel(self, packet: Packet) -> int:
        """What is ready never goes out; the packet is closed unless a lane is at work. Returns how many messages."""
        packet.cancelled = True
        ready = [message for message in packet.messages.values() if message.state == "ready"]
        for message in ready:
            message.state = "cancelled"
        at_work = any(message.state == "sending" for message in packet.messages.values())
        if packet.state == "waiting" and not at_work:
            packet.state = "ended"
        return len(ready)

    def balances(self, currency: str) -> dict[str, int]:
        """All accounts that are not empty."""
        packets = [packet for packet in self.packets.values() if packet.currency == currency]
        accounts = {
            "paid_in": -self.paid.get(currency, 0),
            "available": self.available(currency),
            "owed": min(0, self.free(currency)),
            "reserved": sum(packet.reserved for packet in packets),
            "spent": sum(packet.spent for packet in packets),
        }
        return {kind: minor for kind, minor in accounts.items() if minor}
