"""An opt-out finds its person however the provider writes the address."""

import json
from uuid import uuid4

import pytest

from pipelines.actions.messages.comparable import comparable
from pipelines.domain.sending import HookRequest
from pipelines.events.apply import apply_events
from pipelines.events.inbox import Callback, store_together
from pipelines.providers.carriers.mailgun import Mailgun
from pipelines.providers.carriers.twilio import Twilio
from pipelines.settings import Settings
from tests.events.test_apply import claimed, event
from tests.fixtures_sandbox import SECRETS
from tests.sending import boat_for, phones

SETTINGS = Settings(_env_file=None)
MAILGUN, TWILIO = Mailgun.configured(SETTINGS, SECRETS), Twilio.configured(SETTINGS, SECRETS)


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def unsubscribed(boat, attempt, recipient):
    """What Mailgun reports of one unsubscription; whether its signature is right is checked elsewhere."""
    data = {"event": "unsubscribed", "id": uuid4().hex, "user-variables": {"attempt": str(attempt)}}
    body = json.dumps({"event-data": data | {"recipient": recipient}}).encode()
    request = HookRequest("http://here/hooks/mailgun", {}, body)
    events = comparable(MAILGUN, MAILGUN.read_events(request))
    store_together(boat.worker, [Callback(events, MAILGUN.read_body(request))])
    apply_events(boat.worker)


def suppressed(boat):
    return [row.address for row in boat.rows("select address from suppression order by address")]


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("ann@xn--exmple-cua.de", "ann@exämple.de"),
        ("ann@xn--exmple-cua.de", "ann@EXA\N{COMBINING DIAERESIS}MPLE.de"),
        ("dan@xn--fa-hia.de", "dan@faß.de"),
        ("eve@example.com", " Eve@example.com"),
        ("fay@example.com", "Fay F <fay@Example.com>"),
    ],
)
def test_an_address_in_another_form_is_the_same_address(boat, ours, theirs):
    _, attempts = claimed(boat, [ours, "else@example.com"], "email", call_state="accepted")
    unsubscribed(boat, attempts[0], theirs)
    assert suppressed(boat) == [ours]


def test_another_address_is_not_believed_in_any_form(boat):
    _, (attempt,) = claimed(boat, ["ann@xn--exmple-cua.de"], "email", call_state="accepted")
    for theirs in ("ann@xample.de", "Ann <eve@example.com>", "", None):
        unsubscribed(boat, attempt, theirs)
    assert suppressed(boat) == []


@pytest.mark.parametrize("theirs", ["ann lee@example.com", "ann@exämple", "<ann@example.com"])
def test_our_own_id_is_enough_where_the_address_cannot_be_read_and_the_call_had_one_message(boat, theirs):
    _, (attempt,) = claimed(boat, ["ann@example.com"], "email", call_state="accepted")
    unsubscribed(boat, attempt, theirs)
    assert suppressed(boat) == ["ann@example.com"]


def test_our_own_id_is_not_enough_where_the_call_had_several_messages(boat):
    _, attempts = claimed(boat, ["ann@example.com", "bob@example.com"], "email", call_state="accepted")
    unsubscribed(boat, attempts[0], "ann lee@example.com")
    assert suppressed(boat) == []


def test_a_number_stays_as_it_is(boat):
    _, (attempt,) = claimed(boat, phones(1))
    events = comparable(TWILIO, [event(attempt, None, 0, opt_out="stop")])
    store_together(boat.worker, [Callback(events, {})])
    apply_events(boat.worker)
    assert suppressed(boat) == phones(1)
