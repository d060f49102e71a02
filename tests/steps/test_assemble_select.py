"""Until when a message is worth sending, who may not be written to, and what a message is known by."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text

from pipelines.domain.campaign import Campaign
from pipelines.steps.journal import StepResult
from tests.builders import REMINDER
from tests.steps.assembling import (
    ANA,
    EMAIL,
    MAIL,
    PHONE,
    ZONE,
    bench,
    local,
    make,
)

__all__ = ["bench", "make"]

MINUTE = timedelta(minutes=1)
NOW = datetime.now(UTC).replace(second=0, microsecond=0)


def test_who_asked_for_no_more_gets_no_more(bench):
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


@pytest.mark.parametrize(
    ("minutes", "contact_at", "local_at", "state"),
    [
        (0, NOW - MINUTE, None, "expired"),
        (0, NOW + 200 * MINUTE, None, "ready"),
        (60, NOW + 59 * MINUTE, None, "expired"),
        (60, NOW + 260 * MINUTE, None, "ready"),
        (None, NOW - timedelta(days=9), None, "ready"),
        (0, None, "", "ready"),
        # A date without a time lasts until midnight where the contact takes place.
        (0, NOW - timedelta(days=2), "date", "expired"),
        (0, NOW - timedelta(hours=1), "date", "ready or not"),
    ],
)
def test_what_is_too_late_is_not_sent(make, minutes, contact_at, local_at, state):
    details = {name: value for name, value in REMINDER.items() if name != "deadline"}
    if minutes is not None:
        details["deadline"] = {"minutes_before_contact": minutes}
    bench = make(details=details, texts=[("sms", "en", None, "Hello"), EMAIL])
    said = local(contact_at) if contact_at else None
    said = said[:10] if said and local_at == "date" else said
    bench.rows(ANA | {"contact_at": contact_at, "local_at": said})
    bench.run()
    (message,) = bench.messages()
    expected = Campaign.from_json(details).deadline(contact_at, ZONE, has_time=bool(said and len(said) > 10))
    assert message.expires_at == expected
    assert message.state == (
        state if state != "ready or not" else "ready" if expected > datetime.now(UTC) else "expired"
    )


def test_each_message_has_one_id_and_one_key_for_good(bench):
    bench.rows(*[ANA] * 300)
    bench.run()
    keys = bench.select("select * from message_key where packet_id = :packet order by row_no")
    messages = bench.messages()
    assert [(key.row_no, key.step_no, key.channel, key.message_id) for key in keys] == [
        (message.row_no, 1, "sms", message.id) for message in messages
    ]
    assert len({message.id for message in messages}) == 300
    assert {message.id.version for message in messages} == {7}
    assert [message.id for message in messages] == sorted(message.id for message in messages)
    made_at = bench.select(
        "select uuid_extract_timestamp(id) as at from message where packet_id = :packet limit 1"
    )[0].at
    assert abs(made_at - datetime.now(UTC)) < timedelta(minutes=1)
