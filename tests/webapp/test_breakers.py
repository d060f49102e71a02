"""Which provider or sender is stopped, why, since when and until when: on the packet's page, in every language."""

import pytest
from sqlalchemy import text

from pipelines.actions.sending.add_sender import add_sender
from pipelines.language import say
from pipelines.reports.packet import PacketPage, version_of
from pipelines.store.unit_of_work import UnitOfWork
from tests.sending import make_sending, phones

NOW_OPEN = """
insert into breaker (provider, channel, sender_id, state, reason, params, setbacks, opened_at, retry_at)
select :provider, :channel, case when :own then (select id from sender where client_id = :client and channel = :channel limit 1) end,
    :state, :reason, cast(:params as jsonb), 1, '2026-11-21 14:00+00', cast(:retry_at as timestamptz)
"""
LATER = "2099-11-21 15:00+00"
REFUSED = '{"status": "401", "error": "20003"}'


@pytest.fixture
def packet(boat, fresh):
    packet_id = make_sending(boat.engine("worker"), fresh.business, phones(4))
    change(boat, "update data_packet set state = 'sending' where id = :id", id=packet_id)
    yield packet_id
    change(boat, "delete from breaker")


def change(boat, statement, **values):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        uow.execute(text(statement), values)
        uow.commit()


def stop(boat, clinic, reason="provider_down", params=REFUSED, retry_at=LATER, **more):
    values = {"provider": "twilio", "channel": "sms", "own": False, "state": "open", **more}
    change(
        boat,
        NOW_OPEN,
        client=clinic.business.client_id,
        reason=reason,
        params=params,
        retry_at=retry_at,
        **values,
    )


def shown(clinic, packet):
    page = clinic.person.get(f"/packets/{packet}")
    assert page.status_code == 200
    return page.text


def report(boat, clinic, packet):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        return PacketPage.read(uow, packet)


def test_a_refused_account_says_which_why_since_when_and_until_when(boat, fresh, packet):
    assert "has been stopped since" not in shown(fresh, packet)
    stop(boat, fresh)
    page = shown(fresh, packet)
    assert "Sending through twilio (SMS) has been stopped since Nov 21, 2026" in page
    assert "refuses our account (HTTP 401, code 20003). 4 messages remain." in page
    assert "The next attempt is at Nov 21, 2099" in page
    [breaker] = report(boat, fresh, packet).breakers
    assert (breaker.messages, breaker.avoided, breaker.address) == (4, False, None)


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("fr", "L’envoi par twilio (SMS) est arrêté depuis le 21 nov. 2026, 14:00 TU. Le fournisseur refuse"),
        ("vi", "Việc gửi qua twilio (SMS) đã dừng từ lúc 14:00 UTC 21 thg 11, 2026. Nhà cung cấp từ chối"),
    ],
)
def test_it_is_said_in_every_language(boat, fresh, packet, language, words):
    stop(boat, fresh)
    [breaker] = report(boat, fresh, packet).breakers
    assert " ".join(say(one, language) for one in breaker.sentences("UTC")).startswith(words)


def test_one_refused_sender_is_named_and_what_is_sent_meanwhile(boat, fresh, packet):
    stop(boat, fresh, "sender_refused", own=True)
    page = shown(fresh, packet)
    [breaker] = report(boat, fresh, packet).breakers
    assert f"Sending from {breaker.address} (SMS, twilio) has been stopped since" in page
    assert "through another sender" not in page
    add_sender(
        boat.engine("worker"),
        client_id=fresh.business.client_id,
        channel="sms",
        provider="plivo",
        address="+12025550177",
        fallback=True,
    )
    assert "Until then, messages go out through another sender." in shown(fresh, packet)
    stop(boat, fresh, provider="plivo")
    assert "through another sender" not in shown(fresh, packet)


def test_another_clients_sender_another_channel_and_a_closed_breaker_are_not_shown(
    boat, fresh, other, support, packet
):
    stop(boat, other, "sender_refused", own=True)
    stop(boat, fresh, provider="mailgun", channel="email")
    stop(boat, fresh, state="closed")
    assert report(boat, fresh, packet).breakers == []
    assert "has been stopped since" not in support.get(f"/packets/{packet}").text


def test_complaints_wait_for_a_person_and_promise_no_time(boat, fresh):
    packet = make_sending(boat.engine("worker"), fresh.business, ["maria@example.com"], "email")
    change(boat, "update data_packet set state = 'sending' where id = :id", id=packet)
    change(
        boat,
        "insert into channel_wait (packet_id, channel, client_id, code, until)"
        " select id, 'email', client_id, 'complaints', now() + interval '1 day' from data_packet where id = :id",
        id=packet,
    )
    assert report(boat, fresh, packet).goes_on.code == "sending_goes_on"
    stop(boat, fresh, "complaints", '{"complaints": 5, "sent": 1200}', "infinity", provider="mailgun", channel="email", own=True)  # fmt: skip
    page = shown(fresh, packet)
    assert "because 5 of 1,200 were marked as spam; 1 message is left." in page
    assert "Sending continues when a person resumes it." in page
    assert report(boat, fresh, packet).goes_on is None
    change(boat, "delete from breaker")


def test_a_paused_or_sent_packet_has_nothing_stopped_by_a_breaker(boat, fresh, packet):
    stop(boat, fresh)
    fresh.person.post(f"/packets/{packet}/pause")
    assert "has been stopped since" not in shown(fresh, packet)
    fresh.person.post(f"/packets/{packet}/resume")
    assert "has been stopped since" in shown(fresh, packet)
    change(boat, "update message set state = 'cancelled' where packet_id = :id", id=packet)
    assert "has been stopped since" not in shown(fresh, packet)


def test_the_page_is_told_when_a_breaker_opens_and_closes(boat, fresh, packet):
    def version():
        with UnitOfWork(boat.engine("worker"), fresh.business.client_id) as uow:
            return version_of(uow, packet)

    before = version()
    stop(boat, fresh)
    assert version() != before
    change(boat, "update breaker set state = 'closed'")
    assert version() == before


def test_an_attempt_that_is_due_is_not_said_to_be_in_the_past(boat, fresh, packet):
    stop(boat, fresh, retry_at="2026-11-21 14:05+00")
    [breaker] = report(boat, fresh, packet).breakers
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        now = uow.scalar(text("select now()"))
    assert abs((breaker.retry_at - now).total_seconds()) < 60
