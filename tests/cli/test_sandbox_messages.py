"""The list of messages that the sandbox received, and the comparison of the two books."""

import json

import pytest
import requests

from pipelines.cli.proof import compare_books
from pipelines.cli.sandbox import received, require_sandbox
from pipelines.errors import SettingsError, StepFailed, TryLater
from pipelines.providers.carriers import accounts
from pipelines.settings import Settings
from tests.fixtures_sandbox import SECRETS
from tests.sending import boat_for, make_sending, phones

MESSAGES = 5


@pytest.fixture
def lane(database, business, tmp_path, sandbox):
    return boat_for(database.engine("worker"), business, tmp_path, sandbox.url)


@pytest.fixture
def sent(lane):
    packet_id = make_sending(lane.worker, lane.business, phones(MESSAGES))
    lane.run("dispatch", packet_id, "sms lane 1")
    return packet_id


def test_the_list_shows_when_to_whom_and_what(shell, lane, sent):
    port = str(lane.settings.sandbox_port)
    done = shell("sandbox", "messages", PACKETBOAT_SANDBOX_PORT=port)
    assert (done.code, done.err) == (0, "")
    assert done.out.count("Message ") == MESSAGES
    assert phones(MESSAGES)[0] in done.out
    listed = json.loads(shell("sandbox", "messages", "--json", PACKETBOAT_SANDBOX_PORT=port).out)
    assert len(listed["messages"]) == MESSAGES
    none = shell("sandbox", "messages", "--to", "+19995550000", PACKETBOAT_SANDBOX_PORT=port)
    assert none.out == "No messages have been received yet.\n"


def test_the_books_agree_for_each_of_two_packets(lane, sent):
    other = make_sending(lane.worker, lane.business, phones(2))
    lane.run("dispatch", other, "sms lane 1")
    assert len(compare_books(lane.worker, lane.settings, sent)) == MESSAGES
    assert len(compare_books(lane.worker, lane.settings, other)) == 2


def test_a_difference_is_an_error_with_both_numbers(lane, sent):
    lane.change("update message set state = 'ready' where packet_id = :packet and row_no = 1", packet=sent)
    with pytest.raises(StepFailed, match=r"says that 4 messages .* the sandbox accepted 5"):
        compare_books(lane.worker, lane.settings, sent)


def test_a_message_that_arrived_twice_is_a_difference(lane, sent, sandbox):
    """As if the client had retried: the same attempt once more."""
    (attempt,) = lane.rows(
        "select attempt.id from attempt join message on message.id = message_id where packet_id = :packet limit 1",
        packet=sent,
    )
    account = SECRETS["twilio_account_sid"]
    answer = requests.post(
        f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages.json",
        data={
            "To": phones(1)[0],
            "From": "+15005550006",
            "Body": "again",
            "StatusCallback": f"http://127.0.0.1:9/hooks/twilio?attempt={attempt.id}",
        },
        auth=(account, SECRETS["twilio_auth_token"]),
        timeout=5,
    )
    assert answer.ok, answer.text
    with pytest.raises(StepFailed, match=r"says that 5 messages .* the sandbox accepted 6"):
        compare_books(lane.worker, lane.settings, sent)


def test_an_unreachable_sandbox_means_try_later(tmp_path):
    with pytest.raises(TryLater, match="does not answer at"):
        received(Settings(_env_file=None, home=tmp_path, sandbox_port=9), limit=1)


@pytest.mark.parametrize("account", [account.name for account in accounts()])
def test_a_real_provider_is_refused_for_invented_people(tmp_path, account):
    real = Settings(_env_file=None, home=tmp_path, accounts={f"{account}_base_url": "https://api.example"})
    with pytest.raises(SettingsError, match=f"PACKETBOAT_{account.upper()}_BASE_URL"):
        require_sandbox(real)
