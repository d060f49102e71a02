"""The inbox: a callback is stored before it is answered, and a repeat is recognised by its key."""

import json
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DataError

from pipelines.domain.sending import OneTimeSignature, ProviderEvent
from pipelines.events import inbox
from pipelines.events.inbox import Callback, Group, forget_signatures, store
from pipelines.states import MessageState
from pipelines.store.received import SignatureReused
from pipelines.store.unit_of_work import UnitOfWork


@pytest.fixture(params=["app", "worker"])
def engine(request, database):
    """The portal's role stores callbacks; a lane's could as well."""
    return database.engine(request.param)


def event(**values):
    return ProviderEvent(
        **({"provider": "twilio", "unique_key": uuid4().hex, "state": MessageState.SENT, "rank": 4} | values)
    )


def kept(engine, key):
    with UnitOfWork(engine, every_client=True) as uow:
        return uow.execute(text("select * from event_inbox where unique_key = :key"), {"key": key}).all()


def test_an_event_is_kept_with_all_it_says(engine):
    stored_event = event(
        attempt_id=uuid4(),
        provider_ref="SM1",
        address="+12025550100",
        occurred_at=datetime(2026, 5, 1, tzinfo=UTC),
        error_code="30003",
        opt_out="stop",
    )
    assert store(engine, [stored_event], {"MessageStatus": "sent"}) == 1
    (row,) = kept(engine, stored_event.unique_key)
    for name in (
        "provider",
        "attempt_id",
        "provider_ref",
        "address",
        "occurred_at",
        "error_code",
        "opt_out",
        "rank",
    ):
        assert getattr(row, name) == getattr(stored_event, name)
    assert (row.state, row.raw, row.outcome) == ("sent", {"MessageStatus": "sent"}, None)


def test_a_repeat_is_not_new(engine):
    first, second = event(), event()
    assert store(engine, [first], {}) == 1
    assert store(engine, [first, second, second], {}) == 1
    assert len(kept(engine, first.unique_key)) == len(kept(engine, second.unique_key)) == 1


def test_no_events_are_no_transaction(engine):
    assert store(engine, [], {}) == 0


@pytest.mark.parametrize(
    "nasty", ["a\0b", "half \ud800 of a pair", "quote ' and \\ and \N{BLACK HEART SUIT}"]
)
def test_whatever_a_stranger_writes_can_be_kept(engine, nasty):
    stored_event = event(provider_ref=nasty, error_code=nasty)
    assert store(engine, [stored_event], {nasty: [nasty, {"deep": nasty}], "number": 1.5, "none": None}) == 1
    (row,) = kept(engine, stored_event.unique_key)
    assert "\0" not in row.provider_ref
    assert row.raw["number"] == 1.5


def test_a_group_only_joins_what_was_written_when_its_callbacks_were_read(monkeypatch):
    callbacks = [Callback([event(address=text), event()], {"Body": text}) for text in ("é\0", "plain")]
    monkeypatch.setattr(inbox, "_encode", None)
    monkeypatch.setattr(inbox, "storable", None)
    rows = json.loads(Group(callbacks).parameters["events"])
    assert [row["unique_key"] for row in rows] == sorted(key for one in callbacks for key, _ in one.rows)
    assert sorted(row["raw"]["Body"] for row in rows) == ["plain", "plain", "é", "é"]
    assert {row["address"] for row in rows} == {"é", "plain", None}


def once(body=b"body", digest=None, hours=8):
    until = datetime.now(UTC) + timedelta(hours=hours)
    return OneTimeSignature(digest or uuid4().bytes, body, until)


def test_a_signature_is_good_for_one_body(engine):
    first, second, signature = event(), event(), once()
    assert store(engine, [first], {}, signature) == 1
    assert store(engine, [first], {}, signature) == 0, "the provider tries again"
    with pytest.raises(SignatureReused):
        store(engine, [second], {}, once(b"another", signature.digest))
    assert kept(engine, second.unique_key) == []


def test_one_of_several_concurrent_bodies_is_accepted(engine):
    events, signature = [event() for _ in range(8)], uuid4().bytes

    def bring(number):
        try:
            return store(engine, [events[number]], {}, once(b"%d" % number, signature))
        except SignatureReused:
            return 0

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(bring, range(8))) == 1


def test_an_event_that_is_not_stored_uses_no_signature_up(engine):
    signature = once()
    with pytest.raises(DataError):
        store(engine, [event(rank="x")], {}, signature)
    assert store(engine, [event()], {}, once(b"another", signature.digest)) == 1


def test_signatures_are_forgotten_when_nobody_believes_them(engine):
    old, young = once(hours=-1), once(hours=1)
    for signature in (old, young):
        store(engine, [event()], {}, signature)
    forget_signatures(engine)
    with UnitOfWork(engine, every_client=True) as uow:
        left = set(uow.execute(text("select digest from hook_signature")).scalars())
    assert young.digest in left
    assert old.digest not in left
