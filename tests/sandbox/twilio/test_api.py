"""The sandbox answers as api.twilio.com does."""

from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests
from twilio.base.exceptions import TwilioRestException
from twilio.http.http_client import TwilioHttpClient
from twilio.rest import Client

from tests.fixtures_sandbox import SECRETS, eventually

SID, TOKEN = SECRETS["twilio_account_sid"], SECRETS["twilio_auth_token"]
GOOD = {"To": "+33612345678", "From": "+15005550006", "Body": "Hello"}


@pytest.fixture
def api(sandbox):
    """Calls the account's paths with the account's credentials."""
    session = requests.Session()

    def call(method, path="", auth=(SID, TOKEN), account=SID, **more):
        url = f"{sandbox.url}/2010-04-01/Accounts/{account}/Messages{path}.json"
        return session.request(method, url, auth=auth, timeout=5, **more)

    yield call
    session.close()


def test_a_message_is_created_queued(api):
    made = api("POST", data=GOOD)
    answer = made.json()
    assert made.status_code == 201
    assert (answer["status"], answer["direction"], answer["num_segments"]) == ("queued", "outbound-api", "1")
    assert (answer["to"], answer["from"], answer["body"]) == (GOOD["To"], GOOD["From"], GOOD["Body"])
    assert answer["sid"].startswith("SM")
    assert len(answer["sid"]) == 34
    assert answer["date_sent"] is None
    age = datetime.now(UTC) - parsedate_to_datetime(answer["date_created"])
    assert abs(age.total_seconds()) < 10


def test_a_messaging_service_answers_accepted(api):
    service = {"To": GOOD["To"], "Body": "x", "MessagingServiceSid": "MG" + "b" * 32}
    answer = api("POST", data=service).json()
    assert (answer["status"], answer["from"], answer["num_segments"]) == ("accepted", None, "0")
    assert answer["messaging_service_sid"] == "MG" + "b" * 32


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"To": ""}, 21604),
        ({"To": "0612345678"}, 21211),
        ({"To": "+0612345678"}, 21211),
        ({"To": "+15005550001"}, 21211),
        ({"To": "+15005550002"}, 21612),
        ({"To": "+15005550003"}, 21408),
        ({"To": "+15005550004"}, 21610),
        ({"To": "+15005550009"}, 21614),
        ({"From": ""}, 21603),
        ({"From": "+15005550001"}, 21212),
        ({"From": "+15005550007"}, 21606),
        ({"From": "+15005550008"}, 21611),
        ({"Body": ""}, 21602),
        ({"Body": "x" * 1601}, 21617),
        ({"ValidityPeriod": "0"}, 90007),
        ({"ValidityPeriod": "36001"}, 90007),
        ({"ValidityPeriod": "1.5"}, 90007),
        ({"StatusCallback": "http://under_score.example/x"}, 21609),
        ({"StatusCallback": "nonsense"}, 21609),
    ],
)
def test_what_twilio_refuses(api, sandbox, changed, code):
    refused = api("POST", data=GOOD | changed)
    assert refused.status_code == 400
    error = refused.json()
    assert (error["code"], error["status"]) == (code, 400)
    assert error["more_info"].endswith(str(code))
    assert sandbox.journal() == []


def test_the_longest_text_is_accepted(api):
    assert api("POST", data=GOOD | {"Body": "x" * 1600}).json()["num_segments"] == "11"


@pytest.mark.parametrize("auth", [None, (SID, "wrong"), ("AC1", TOKEN)])
@pytest.mark.parametrize(("method", "path"), [("POST", ""), ("GET", ""), ("GET", "/SM1")])
def test_without_the_key_nothing_is_revealed(api, sandbox, auth, method, path):
    denied = api(method, path, auth=auth, data=GOOD)
    assert (denied.status_code, denied.json()["code"]) == (401, 20003)
    assert sandbox.journal() == []


def test_another_account_is_not_found(api):
    assert api("POST", account="AC" + "9" * 32, data=GOOD).json()["code"] == 20404


def test_a_message_moves_through_its_states(api):
    sid = api("POST", data=GOOD).json()["sid"]
    eventually(lambda: api("GET", f"/{sid}").json()["status"] == "delivered")
    assert api("GET", f"/{sid}").json()["date_sent"] is not None
    assert api("GET", "/SM404").json()["code"] == 20404


@pytest.mark.parametrize(
    ("to", "status", "code"),
    [
        ("+15005550010", "undelivered", 30003),
        ("+15005550011", "undelivered", 30005),
        ("+15005550012", "failed", 30007),
        ("+15005550013", "sent", None),
    ],
)
def test_numbers_with_a_special_fate(api, to, status, code):
    sid = api("POST", data=GOOD | {"To": to}).json()["sid"]
    message = eventually(lambda: (now := api("GET", f"/{sid}").json())["status"] == status and now)
    assert message["error_code"] == code


class TestListing:
    @pytest.fixture(autouse=True)
    def some(self, api):
        for n in range(7):
            api("POST", data=GOOD | {"To": f"+3361234567{n % 2}", "Body": f"text {n}"})

    def bodies(self, api, **query):
        return [one["body"] for one in api("GET", params=query).json()["messages"]]

    def test_newest_first(self, api):
        assert self.bodies(api) == [f"text {n}" for n in range(6, -1, -1)]

    def test_by_number(self, api):
        assert self.bodies(api, To="+33612345671") == ["text 5", "text 3", "text 1"]
        assert self.bodies(api, To="+33612345671", From="+15005550006") == ["text 5", "text 3", "text 1"]
        assert self.bodies(api, From="+33600000000") == []

    def test_by_day(self, api):
        today = f"{datetime.now(UTC):%Y-%m-%d}"
        assert len(self.bodies(api, DateSent=today)) == 7
        assert len(self.bodies(api, **{"DateSent>": today})) == 7
        assert self.bodies(api, **{"DateSent<": "2020-01-01"}) == []
        assert api("GET", params={"DateSent": "yesterday"}).status_code == 404

    def test_new_messages_do_not_shift_the_pages(self, api, sandbox):
        page = api("GET", params={"PageSize": 3}).json()
        assert (page["page"], page["page_size"], page["start"], page["end"]) == (0, 3, 0, 2)
        api("POST", data=GOOD)
        seen = [one["body"] for one in page["messages"]]
        while page["next_page_uri"]:
            page = requests.get(sandbox.url + page["next_page_uri"], auth=(SID, TOKEN), timeout=5).json()
            seen += [one["body"] for one in page["messages"]]
        assert seen == [f"text {n}" for n in range(6, -1, -1)]

    def test_twilios_library_can_read_it(self, sandbox):
        class Here(TwilioHttpClient):
            def request(self, method, url, **more):
                return super().request(method, url.replace("https://api.twilio.com", sandbox.url), **more)

        client = Client(SID, TOKEN, http_client=Here())
        assert len(client.messages.list(to="+33612345670", page_size=2)) == 4
        with pytest.raises(TwilioRestException) as caught:
            client.messages.create(to="+15005550004", from_="+15005550006", body="x")
        assert caught.value.code == 21610
        client.http_client.session.close()
