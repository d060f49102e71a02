"""Deadlines, suppressions and ids of messages."""

from datetime import UTC, datetime, timedelta
from random import randrange

import pytest
from sqlalchemy import text

from pipelines.consent.suppression import ALL_CHANNELS, suppress
from pipelines.domain.suppression import Reason
from pipelines.errors import StepFailed
from pipelines.steps.journal import StepResult
from tests.builders import REMINDER
from tests.steps.assembling import (
    ANA,
    EMAIL,
    MAIL,
    PHONE,
    SMS,
    bench,
    local,
    make,
)

__all__ = ["bench", "make"]

MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


def deadline(minutes):
    """The details of a campaign whose messages are worth sending until so long before the contact."""
    details = {name: value for name, value in REMINDER.items() if name != "deadline"}
    return details if minutes is None else details | {"deadline": {"minutes_before_contact": minutes}}


def test_an_address_that_opted_out_is_suppressed(bench):
    with bench.uow() as uow:
        for channel, address in (("sms", PHONE), ("email", "other@example.com")):
            uow.execute(
                text("insert into suppression (client_id, channel, address, reason, source) values (:c, :channel, :address, 'opted_out', 'x')"),
                {"c": bench.business.client_id, "channel": channel, "address": address},
            )  # fmt: skip
        uow.commit()
    past = datetime.now(UTC) - timedelta(hours=1)
    bench.rows(
        ANA,
        ANA | {"phone": "+12125550999"},
        {"first_name": "Bo", "email": MAIL},
        ANA | {"contact_at": past, "local_at": local(past)},
    )
    assert bench.run() == StepResult(4, 4, 0)
    assert [message.state for message in bench.messages()] == ["suppressed", "ready", "ready", "suppressed"]


def test_an_opt_out_applies_whatever_the_case_of_the_address(bench):
    with bench.uow() as uow:
        uow.execute(
            text("insert into suppression (client_id, channel, address, reason, source) values (:c, 'email', 'jane@example.com', 'complained', 'x')"),
            {"c": bench.business.client_id},
        )  # fmt: skip
        uow.commit()
    bench.rows(
        *({"first_name": "Jane", "email": f"{name}@Example.com"} for name in ("Jane", "jane", "jane.doe"))
    )
    bench.run()
    assert [(message.address, message.state) for message in bench.messages()] == [
        ("Jane@Example.com", "suppressed"),  # as the client wrote it
        ("jane@Example.com", "suppressed"),
        ("jane.doe@Example.com", "ready"),
    ]


@pytest.mark.parametrize("forgotten", [False, True])
def test_an_opt_out_of_all_channels_applies_to_each(bench, forgotten):
    """Also if the address is erased, and only its hash is known."""
    with bench.uow() as uow:
        for address in (PHONE, MAIL):
            suppress(uow, bench.business.client_id, ALL_CHANNELS, address, Reason.OPTED_OUT, "reply")
        if forgotten:
            uow.execute(text("update suppression set address = null"))
        uow.commit()
    bench.rows(ANA, {"first_name": "Bo", "email": MAIL}, ANA | {"phone": "+12125550999"})
    bench.run()
    assert [(message.channel, message.state) for message in bench.messages()] == [
        ("sms", "suppressed"),
        ("email", "suppressed"),
        ("sms", "ready"),
    ]


def test_another_client_s_opt_outs_are_not_ours(make, bench):
    other = make()
    with other.uow() as uow:
        uow.execute(
            text("insert into suppression (client_id, channel, address, reason, source) values (:c, 'sms', :a, 'opted_out', 'x')"),
            {"c": other.business.client_id, "a": PHONE},
        )  # fmt: skip
        uow.commit()
    bench.rows(ANA)
    bench.run()
    assert bench.messages()[0].state == "ready"


def test_a_client_does_not_learn_why_another_clients_customer_is_suppressed(make, bench):
    theirs = f"+1646555{randrange(10_000):04}"  # it stays suppressed for every later test
    other = make()
    with other.uow() as uow:
        suppress(uow, other.business.client_id, "sms", theirs, Reason.WRONG_NUMBER, "reply")
        uow.commit()
    bench.rows(ANA | {"phone": theirs})
    bench.run()
    assert [
        tuple(row) for row in bench.select("select state, error_code from message where packet_id = :packet")
    ] == [("suppressed", "suppressed")]


AT = datetime(2031, 11, 24, 19, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("minutes", "contact_at", "local_at", "expires_at"),
    [
        (0, AT, "2031-11-24 14:30", AT),
        (90, AT, "2031-11-24 14:30", AT - 90 * MINUTE),
        (None, AT, "2031-11-24 14:30", AT),
        # A date alone lasts to midnight in New York, five hours behind.
        (0, datetime(2031, 11, 24, 5, tzinfo=UTC), "2031-11-24", datetime(2031, 11, 25, 5, tzinfo=UTC)),
        (60, datetime(2031, 11, 24, 5, tzinfo=UTC), "2031-11-24", datetime(2031, 11, 25, 4, tzinfo=UTC)),
        # The day on which its clocks go back has 25 hours.
        (0, datetime(2031, 11, 2, 4, tzinfo=UTC), "2031-11-02", datetime(2031, 11, 3, 5, tzinfo=UTC)),
    ],
)
def test_the_deadline_of_a_message(make, minutes, contact_at, local_at, expires_at):
    bench = make(details=deadline(minutes), texts=[("sms", "en", None, "Hello"), EMAIL])
    bench.rows(ANA | {"contact_at": contact_at, "local_at": local_at})
    bench.run()
    assert [message.expires_at for message in bench.messages()] == [expires_at]


@pytest.mark.parametrize(
    ("minutes", "contact_at", "state"),
    [
        (0, NOW - MINUTE, "expired"),
        (0, NOW + 200 * MINUTE, "ready"),
        (60, NOW + 59 * MINUTE, "expired"),
        (60, NOW + 260 * MINUTE, "ready"),
        (None, NOW - timedelta(days=9), "expired"),
        (0, None, "ready"),
    ],
)
def test_a_late_message_expires(make, minutes, contact_at, state):
    bench = make(details=deadline(minutes), texts=[("sms", "en", None, "Hello"), EMAIL])
    bench.rows(ANA | {"contact_at": contact_at, "local_at": local(contact_at) if contact_at else None})
    bench.run()
    assert [message.state for message in bench.messages()] == [state]


def test_each_message_has_the_one_id_of_its_series_and_row(bench):
    bench.rows(*[ANA] * 300)
    bench.run()
    messages = bench.messages()
    (series,) = bench.select(
        "select series::text as text, uuid_extract_timestamp(series) as made_at from message_series"
        " where packet_id = :packet and step_no = 1 and channel = 'sms'"
    )
    assert abs(series.made_at - datetime.now(UTC)) < timedelta(minutes=1)
    assert [str(message.id) for message in messages] == [f"{series.text[:28]}{n:08x}" for n in range(1, 301)]
    assert {message.id.version for message in messages} == {7}


def test_a_second_run_gives_the_same_ids(make):
    bench = make(texts=[SMS, EMAIL])
    bench.rows(ANA, {"first_name": "Bo", "email": MAIL}, ANA)
    bench.run()
    first = {message.row_no: (message.channel, message.id) for message in bench.messages()}
    assert {channel for channel, _ in first.values()} == {"sms", "email"}
    bench.rows(ANA)
    bench.run()
    again = {message.row_no: (message.channel, message.id) for message in bench.messages()}
    assert len(again) == 4
    assert first.items() <= again.items()


def test_a_message_of_an_archived_month_is_not_made_again(make):
    bench = make(texts=[SMS, EMAIL])
    bench.rows(ANA)
    with bench.uow() as uow:
        uow.execute(
            text(
                "insert into message_series (packet_id, step_no, channel, client_id, series)"
                " values (:packet, 1, 'sms', :client, '01600000-0000-7000-8000-000000000000')"  # in 2017: no partition is left
            ),
            {"packet": bench.packet, "client": bench.business.client_id},
        )
        uow.commit()
    with pytest.raises(StepFailed, match="SQLSTATE 23514"):
        bench.run()
    assert bench.messages() == []
