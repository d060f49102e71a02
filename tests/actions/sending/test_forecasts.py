"""The forecast of a packet follows its limits, its hours, its deadlines and what others have to send; its error is kept."""

import pytest
from sqlalchemy import text

from pipelines.actions.sending.forecasts import keep_forecast, keep_forecasts
from pipelines.errors import NotFound
from pipelines.language import say
from pipelines.reports.forecast import KeptForecast, forecast_errors
from pipelines.reports.packet import PacketPage
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.fixtures_sandbox import sandbox
from tests.sending import boat_for, make_sending, phones
from tests.steps.limiting import limit, sms_sender

__all__ = ["sandbox"]


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


def make(boat, count, **when):
    return make_sending(boat.worker, boat.business, phones(count), **when)


def expect(boat, packet):
    return keep_forecast(boat.worker, packet)


def kept(boat, packet):
    [row] = boat.rows("select * from packet_forecast where packet_id = :packet", packet=packet)
    return row


def test_it_follows_the_rate_and_counts_segments(boat):
    limit(boat, "sender", sms_sender(boat), per_second=2)
    packet = make(boat, 100)
    assert expect(boat, packet).seconds == pytest.approx(50)
    boat.change("update message set segments = 3 where packet_id = :packet", packet=packet)
    assert expect(boat, packet).seconds == pytest.approx(150)


def test_it_says_how_many_will_miss_their_deadline(boat):
    limit(boat, "client", per_second=1)
    packet = make(boat, 8_000, expires="2 hours")
    expected = expect(boat, packet)
    assert 800 <= expected.late <= 1_700  # deadlines are counted to a quarter of an hour
    assert expected.messages == 8_000


def test_what_others_have_to_send_on_the_same_sender_counts_as_far_as_it_shares(boat):
    limit(boat, "sender", sms_sender(boat), per_second=1)
    packet = make(boat, 100)
    make(boat, 5_000)
    assert expect(boat, packet).seconds == pytest.approx(200)


def test_messages_of_next_week_and_a_channel_that_waits(boat):
    limit(boat, "client", per_second=10)
    packet = make(boat, 100, not_before="3 hours")
    assert 3 * 3_600 - 900 <= expect(boat, packet).seconds <= 3 * 3_600 + 20
    now = make(boat, 100)
    boat.change(
        "insert into channel_wait (packet_id, channel, client_id, code, until)"
        " values (:packet, 'sms', :client, 'provider_busy', now() + interval '1 hour')",
        packet=now, client=boat.business.client_id,
    )  # fmt: skip
    assert expect(boat, now).seconds == pytest.approx(3_610, abs=2)


def test_a_cap_of_the_day_lasts_into_the_next_days(boat):
    limit(boat, "client", per_day=40)
    packet = make(boat, 100, expires="10 days")
    assert 86_400 < expect(boat, packet).seconds < 2 * 86_400 + 60


def test_without_any_limit_the_speed_of_the_newest_lanes_counts(boat):
    packet = make(boat, 600)
    first = expect(boat, packet).seconds
    assert first == pytest.approx(20)  # a guess
    boat.run("dispatch", make(boat, 200), "sms lane 1")
    assert expect(boat, packet).seconds != pytest.approx(first)


def test_the_first_forecast_is_kept_when_sending_begins_and_its_error_is_known_at_the_end(boat):
    limit(boat, "client", per_second=20)
    packet = make(boat, 40)
    expect(boat, packet)
    first = kept(boat, packet)
    boat.run("dispatch", packet, "sms lane 1")
    boat.run("settle", packet)
    expect(boat, packet)
    last = kept(boat, packet)
    assert (last.first_made_at, last.first_all_out_at) == (first.first_made_at, first.first_all_out_at)
    assert last.done_at is not None
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        errors = forecast_errors(uow)
        assert KeptForecast.read(uow, packet) is None  # nothing is left to forecast
    assert errors.packets == 1
    assert 0 <= errors.median_error < 5


def test_the_periodic_job_forecasts_what_is_due_and_rests(boat):
    packet = make(boat, 100)
    with UnitOfWork(boat.worker, every_client=True) as uow:  # a round is short, and other tests left packets
        uow.execute(text("update data_packet set state = 'settled' where id <> :packet"), {"packet": packet})
        uow.commit()
    keep_forecasts(boat.worker)
    made = kept(boat, packet).made_at
    keep_forecasts(boat.worker)
    assert kept(boat, packet).made_at == made
    boat.change(
        "update packet_forecast set made_at = made_at - interval '2 minutes' where packet_id = :packet",
        packet=packet,
    )
    keep_forecasts(boat.worker)
    assert kept(boat, packet).made_at > made


def test_the_packets_page_shows_it_before_and_while_it_is_sent(boat):
    limit(boat, "client", per_second=1)
    packet = make(boat, 8_000, expires="2 hours")
    expect(boat, packet)

    def said():
        with UnitOfWork(boat.worker, boat.business.client_id) as uow:
            return [say(one) for one in PacketPage.read(uow, packet).forecast_sentences]

    before, late = said()
    assert before.startswith("If sending starts now, all 8,000 messages will be out by ")
    assert late.startswith("At this pace, ")
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    assert said()[0].startswith("8,000 messages are left to send; all should be out by ")


def test_a_client_sees_only_its_own_forecasts(boat, database):
    packet = make(boat, 10)
    expect(boat, packet)
    with UnitOfWork(database.engine("app"), boat.business.client_id) as uow:
        assert KeptForecast.read(uow, packet) is not None
    with UnitOfWork(database.engine("app"), make_business(boat.worker).client_id) as uow:
        assert KeptForecast.read(uow, packet) is None


def test_an_unknown_packet_is_not_found(boat):
    with pytest.raises(NotFound):
        expect(boat, boat.business.client_id)
