"""What providers list for a day is what we recorded; a row tampered with on either side is found, and told."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines import clock
from pipelines.actions.billing.compare_lists import MAX_MISSED, compare_lists
from pipelines.domain.sending import Outgoing
from pipelines.providers.carriers.twilio import Twilio
from pipelines.reports.billing import alarms
from pipelines.sandbox.plivo.api import MAX_PAGE
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import SECRETS, sandbox
from tests.sending import boat_for, mailboxes, make_sending, phones

__all__ = ["sandbox"]
PROVIDERS = {"sms": "twilio", "email": "mailgun"}


@pytest.fixture
def boat(database, business, sandbox, tmp_path):
    """In a database whose other tests recorded nothing that this sandbox could list."""
    worker = database.engine("worker")
    with UnitOfWork(worker, every_client=True) as uow:
        uow.execute(text("update provider_call set provider_ref = null"))
        uow.execute(text("delete from listed_day"))
        uow.execute(text("delete from call_check"))
        uow.commit()
    return boat_for(worker, business, tmp_path, sandbox.url)


def sent(boat, channel, count, provider=None):
    """A packet whose messages a lane has sent."""
    provider = provider or PROVIDERS[channel]
    boat.change(
        "update sender set provider = :provider where channel = :channel", provider=provider, channel=channel
    )
    packet = make_sending(
        boat.worker, boat.business, {"sms": phones, "email": mailboxes}[channel](count), channel
    )
    boat.change("update data_packet set state = 'sending' where id = :packet", packet=packet)
    boat.run("dispatch", packet, {"sms": "sms lane 1", "email": "e-mail lane 1"}[channel])
    assert boat.states(packet) == {"accepted": count}
    return packet


def yesterdays(boat, packet):
    """Put the only call of a packet on the day before it was sent; returns its new id."""
    earlier = "update provider_call set id = uuidv7(interval '-1 day') where packet_id = :packet returning id"
    ((call,),) = boat.returning(earlier, packet=packet)
    boat.change(
        "update attempt set call_id = :call where message_id in (select id from message where packet_id = :packet)",
        call=call, packet=packet,
    )  # fmt: skip
    return call


def today(boat):
    """The comparison of today's lists, by account."""
    day = datetime.now(UTC).date()
    return {one.account: one for one in compare_lists(boat.worker, boat.settings, SECRETS, day)}


def sides(compared):
    return [(one["side"], one["messages"]) for one in compared.differences]


def alarm(boat):
    with UnitOfWork(boat.worker, boat.business.client_id) as uow:
        (is_frozen,) = uow.one(sql("billing/frozen"), {"client_id": boat.business.client_id})
        found = [sentence for _, sentence in alarms(uow, boat.business.client_id)]
    assert is_frozen == bool(found)
    return found


@pytest.mark.parametrize(("channel", "provider"), [("sms", "twilio"), ("sms", "plivo"), ("email", "mailgun")])
def test_a_day_that_agrees(boat, channel, provider):
    count = MAX_PAGE + 3
    sent(boat, channel, count, provider)
    compared = today(boat)[provider]
    assert (compared.outcome, compared.listed, compared.accepted) == ("agrees", count, count)
    assert alarm(boat) == []


@pytest.mark.parametrize("channel", PROVIDERS)
def test_what_we_never_accepted_is_unrecorded(boat, channel):
    """Tampered here: the provider has a call more than we know of. That holds after a repetition, and ends with its cause."""
    packet = sent(boat, channel, 3)
    forget = "update provider_call set state = :state where id = (select min(id::text)::uuid from provider_call where packet_id = :packet)"
    boat.change(forget, packet=packet, state="refused")
    for _ in range(2):
        compared = today(boat)[PROVIDERS[channel]]
        assert sides(compared) == [("unrecorded", 1)]
        (told,) = alarm(boat)
    (reference,) = compared.differences[0]["provider_refs"]
    assert told.params["references"] == reference
    boat.change(forget, packet=packet, state="accepted")
    assert today(boat)[PROVIDERS[channel]].outcome == "agrees"
    assert alarm(boat) == []


@pytest.mark.parametrize("channel", PROVIDERS)
def test_what_the_provider_does_not_have_is_unlisted(boat, sandbox, channel):
    """Tampered there: the provider lists nothing, not even when it is asked for one message."""
    sent(boat, channel, 3)
    sandbox.faults({"action": "listing_empty"})
    for _ in range(2):
        assert sides(today(boat)[PROVIDERS[channel]]) == [("unlisted", 3)]
        (told,) = alarm(boat)
    assert "+1202" not in str(told.params)
    assert "example.com" not in str(told.params)
    sandbox.faults()
    assert today(boat)[PROVIDERS[channel]].outcome == "agrees"
    assert alarm(boat) == []


def test_one_message_of_a_call_is_missed(boat):
    packet = sent(boat, "email", 3)
    boat.change(
        "insert into attempt (client_id, message_id, attempt_no, call_id)"
        " select client_id, :message, 9, id from provider_call where packet_id = :packet limit 1",
        packet=packet, message=uuid4(),
    )  # fmt: skip
    assert sides(today(boat)["mailgun"]) == [("unlisted", 1)]


def test_a_message_listed_on_the_next_day_or_only_by_itself_is_there(boat):
    """The call was claimed on the day before it was sent, so that day's list begins without it."""
    call = yesterdays(boat, sent(boat, "sms", 1))
    assert today(boat)["twilio"].outcome == "agrees"
    day = datetime.fromtimestamp(int(call.hex[:12], 16) / 1000, UTC).date()
    compared = {one.account: one for one in compare_lists(boat.worker, boat.settings, SECRETS, day)}["twilio"]
    assert (compared.outcome, compared.listed, compared.accepted) == ("agrees", 0, 1)


def test_a_list_that_cannot_be_read_proves_nothing(boat, sandbox):
    sent(boat, "sms", 2)
    sandbox.faults({"action": "listing_empty"})
    assert today(boat)["twilio"].outcome == "differs"
    sandbox.faults({"action": "listing_broken"})
    assert today(boat)["twilio"].outcome == "not_read"
    assert len(alarm(boat)) == 1


def test_an_account_whose_list_cannot_be_read_keeps_no_alarm_about_another(boat, sandbox):
    sent(boat, "sms", 2)
    sandbox.faults({"action": "listing_empty", "service": "twilio"})
    assert today(boat)["twilio"].outcome == "differs"
    sandbox.faults({"action": "listing_broken", "service": "mailgun"})
    compared = today(boat)
    assert (compared["twilio"].outcome, compared["mailgun"].outcome) == ("agrees", "not_read")
    assert alarm(boat) == []


def test_a_sender_that_is_not_in_use_has_no_list(boat):
    """Its account may be closed, and would never be read."""
    day = datetime.now(UTC)
    named = text(
        "update sender set provider = 'old', state = :state where channel = 'sms' and client_id = :client"
    )
    found = {}
    for state in ("active", "paused"):
        with UnitOfWork(boat.worker, every_client=True) as uow:
            uow.execute(named, {"state": state, "client": boat.business.client_id})
            found[state] = [
                row.provider for row in uow.all(sql("billing/lists/providers"), {"since": day, "until": day})
            ]
    assert "old" in found["active"]
    assert "old" not in found["paused"]


def test_an_account_that_is_no_longer_listed_keeps_its_alarm_until_it_agrees(boat, sandbox):
    """Its senders are paused and a day has no call: nobody looked, so nothing is proven."""
    sent(boat, "sms", 2)
    sandbox.faults({"action": "listing_empty", "service": "twilio"})
    assert today(boat)["twilio"].outcome == "differs"
    sandbox.faults()
    with UnitOfWork(boat.worker, every_client=True) as uow:
        paused = uow.all(
            text(
                "update sender set state = 'paused' where provider = 'twilio' and state = 'active' returning id"
            )
        )
        uow.commit()
    later = datetime.now(UTC).date() + timedelta(days=2)
    compared = compare_lists(boat.worker, boat.settings, SECRETS, later)
    assert "twilio" not in {one.account for one in compared}
    assert len(alarm(boat)) == 1
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(
            text("update sender set state = 'active' where id = any(:ids)"),
            {"ids": [row.id for row in paused]},
        )
        uow.commit()
    assert today(boat)["twilio"].outcome == "agrees"
    assert alarm(boat) == []


def test_a_list_that_takes_too_long_proves_nothing(boat, monkeypatch):
    sent(boat, "sms", 2)
    monkeypatch.setattr("pipelines.actions.billing.compare_lists.BUDGET", 0.0)
    assert today(boat)["twilio"].outcome == "not_read"
    assert alarm(boat) == []


DAY = timedelta(days=1)


def nightly(boat, later):
    """The outcomes of the job, run so many days from today, by account and the day that was compared, counted from today."""
    today = datetime.now(UTC)
    with clock.set_to(today + later * DAY):
        compared = compare_lists(boat.worker, boat.settings, SECRETS)
    return {(one.account, (one.day - today.date()).days): one for one in compared}


def days(compared, account):
    return sorted(day for name, day in compared if name == account)


def failing(monkeypatch, error, when):
    """Let the reading of Twilio's list raise an error for the days for which `when` holds."""
    whole = Twilio.list_days

    def list_days(self, first, last):
        if when(first):
            raise error
        return whole(self, first, last)

    monkeypatch.setattr(Twilio, "list_days", list_days)


def test_days_that_were_missed_are_compared_later(boat):
    """Nothing ran when today and tomorrow were due; messages were sent today."""
    sent(boat, "sms", 2)
    assert days(nightly(boat, 1), "twilio") == [-1]
    compared = nightly(boat, 4)
    assert days(compared, "twilio") == [0, 1, 2]
    assert (compared["twilio", 0].outcome, compared["twilio", 0].listed) == ("agrees", 2)
    assert days(nightly(boat, 4), "twilio") == [2]


def test_a_missed_day_that_differs_is_told_although_newer_ones_agree(boat, sandbox):
    packet = sent(boat, "sms", 2)
    nightly(boat, 1)
    boat.change("update provider_call set state = 'refused' where packet_id = :packet", packet=packet)
    compared = nightly(boat, 3)
    assert {day: compared["twilio", day].outcome for day in (0, 1)} == {0: "differs", 1: "agrees"}
    (told,) = alarm(boat)
    assert told.params["day"] == str(datetime.now(UTC).date())
    nightly(boat, 4)
    assert alarm(boat) == []


def test_a_list_that_was_not_read_is_read_later(boat, sandbox):
    sent(boat, "sms", 2)
    sandbox.faults({"action": "listing_broken"})
    assert nightly(boat, 2)["twilio", 0].outcome == "not_read"
    sandbox.faults()
    assert nightly(boat, 3)["twilio", 0].outcome == "agrees"


def test_a_missed_day_says_nothing_about_a_newest_one_that_was_not_read(boat, sandbox, monkeypatch):
    """The alarm is about a newer day than the one that agrees now."""
    sent(boat, "sms", 2)
    nightly(boat, 0)
    sandbox.faults({"action": "listing_empty"})
    assert today(boat)["twilio"].outcome == "differs"
    assert len(alarm(boat)) == 1
    sandbox.faults()
    failing(monkeypatch, ValueError, lambda first: first > datetime.now(UTC).date())
    compared = nightly(boat, 3)
    assert {day: compared["twilio", day].outcome for day in (-1, 1)} == {-1: "agrees", 1: "not_read"}
    assert len(alarm(boat)) == 1


@pytest.mark.parametrize(("is_read", "told_day"), [(False, 0), (True, -1)])
def test_a_missed_day_replaces_an_alarm_about_a_newer_one_only_if_that_has_ended(
    boat, sandbox, monkeypatch, is_read, told_day
):
    """Both days differ. The newest list shows that the newer alarm has ended, or it was not read and shows nothing."""
    nightly(boat, 0)
    yesterdays(boat, sent(boat, "sms", 1))
    sent(boat, "sms", 1)
    sandbox.faults({"action": "listing_empty"})
    assert today(boat)["twilio"].outcome == "differs"
    if not is_read:
        failing(monkeypatch, ValueError, lambda first: first > datetime.now(UTC).date())
    compared = nightly(boat, 3)
    assert {day: compared["twilio", day].outcome for day in (-1, 1)} == {
        -1: "differs", 1: "agrees" if is_read else "not_read",
    }  # fmt: skip
    (told,) = alarm(boat)
    assert told.params["day"] == str((datetime.now(UTC) + told_day * DAY).date())


def test_a_run_that_is_cut_short_has_raised_its_alarms_and_the_next_one_keeps_them(
    boat, sandbox, monkeypatch
):
    """The missed day that differs is compared before the one at which the run ends."""
    packet = sent(boat, "sms", 2)
    nightly(boat, 0)
    boat.change("update provider_call set state = 'refused' where packet_id = :packet", packet=packet)
    with monkeypatch.context() as patch:
        failing(patch, OSError("no space"), lambda first: first < datetime.now(UTC).date())
        with pytest.raises(OSError, match="no space"):
            nightly(boat, 4)
    (told,) = alarm(boat)
    assert told.params["day"] == str(datetime.now(UTC).date())
    assert days(nightly(boat, 4), "twilio") == [-1, 0, 2]
    assert alarm(boat) == [told]
    assert days(nightly(boat, 5), "twilio") == [3]
    assert alarm(boat) == []


def test_no_more_than_a_week_is_made_up_for(boat):
    nightly(boat, 0)
    assert days(nightly(boat, 12), "twilio") == [*range(10 - MAX_MISSED, 10), 10]


def test_an_account_without_any_comparison_has_missed_none(boat):
    assert days(nightly(boat, 5), "twilio") == [3]


def test_a_day_that_the_provider_need_not_list_any_more_is_not_made_up_for(boat):
    """It would lack what has been deleted."""
    sent(boat, "email", 1)
    nightly(boat, 1)
    assert days(nightly(boat, 4), "mailgun") == [2]


def test_missed_days_wait_when_the_time_is_over(boat, monkeypatch):
    nightly(boat, 0)
    monkeypatch.setattr("pipelines.actions.billing.compare_lists.LATE", 0.0)
    assert days(nightly(boat, 4), "twilio") == [2]
    monkeypatch.undo()
    assert days(nightly(boat, 4), "twilio") == [-1, 0, 1, 2]


def test_what_belongs_to_no_packet_is_expected_if_it_is_ours(boat, sandbox):
    sent(boat, "email", 1)
    carrier = sandbox.mailgun()
    mail = Outgoing(uuid4(), "staff@example.com", "Changed", "Your password")
    answer = carrier.send([mail], channel="email", sender="us@packetboat.example", callback_url=None)
    assert sides(today(boat)["mailgun"]) == [("unrecorded", 1)]
    assert alarm(boat) == []  # it is nobody's: only the doctor tells it
    with UnitOfWork(boat.worker, every_client=True) as uow:
        uow.execute(sql("billing/lists/own_message"), {"provider_ref": answer.provider_ref})
        uow.commit()
    assert today(boat)["mailgun"].outcome == "agrees"
