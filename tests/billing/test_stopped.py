"""A packet that was stopped: its money comes back at the deadline, and its data goes in time."""

from pipelines.consent.erasure import erase_due
from pipelines.events.waiting import watch_waits
from pipelines.store.files import Files
from tests.billing.paying import paying

__all__ = ["paying"]


def stop(paying):
    paying.change("update data_packet set state = 'stopped', problem_code = 'gave_up' where id = :packet")


def test_its_messages_expire_and_then_its_retention_begins(paying):
    paying.people(3)
    paying.run()
    stop(paying)
    watch_waits(paying.engine)
    assert paying.balances() == {"paid_in": -1000, "available": 994, "reserved": 6}
    paying.change(
        "update message set expires_at = packetboat_now() - interval '40 days' where packet_id = :packet"
    )
    watch_waits(paying.engine)
    assert [one.state for one in paying.messages()] == ["expired"] * 3
    assert paying.balances() == {"paid_in": -1000, "available": 1000}
    paying.change("update data_packet set received_at = now() - interval '10 years' where id = :packet")
    erase_due(paying.engine, Files(paying.settings))
    (packet,) = paying.select("select erased_at from data_packet where id = :packet")
    assert packet.erased_at is not None
