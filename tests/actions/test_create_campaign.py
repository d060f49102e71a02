"""Clients and campaigns are made whole or not at all, and found by the names that people type."""

from uuid import uuid4

import pytest

from pipelines.actions.create_campaign import NewTemplate, create_campaign
from pipelines.actions.create_client import ClientInvalid, create_client
from pipelines.actions.find import campaign_by_slug, client_by_slug
from pipelines.domain.campaign import CampaignInvalid
from pipelines.errors import NotFound
from tests.builders import REMINDER
from tests.sending import boat_for

TEXTS = [NewTemplate("sms", "en", "x"), NewTemplate("email", "en", "x", "y")]


@pytest.fixture
def app(database):
    return database.engine("app")


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def test_a_client_is_made_once(app):
    slug = f"shop-{uuid4().hex[:8]}"
    made = create_client(app, slug=slug, name="Shop", region="FR", language="fr", time_zone="Europe/Paris")
    assert create_client(app, slug=slug, name="Another name") == made == client_by_slug(app, slug)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"slug": "Not Good"}, "small letters"),
        ({"name": "  "}, "needs a name"),
        ({"region": "usa"}, "ISO 3166"),
        ({"language": "English"}, "ISO 639"),
        ({"time_zone": "EST5"}, "IANA"),
    ],
)
def test_a_client_with_wrong_facts_is_not_made(app, wrong, says):
    with pytest.raises(ClientInvalid, match=says):
        create_client(app, **({"slug": "fine", "name": "Fine"} | wrong))


def test_a_campaign_comes_with_its_texts_and_a_feed(app, boat):
    texts = [
        NewTemplate("sms", "en", "Hello {{ first_name }}"),
        NewTemplate("email", "en", "Hello", "About you"),
    ]
    made = create_campaign(
        app,
        client_id=boat.business.client_id,
        slug="second",
        name="Second",
        details=REMINDER,
        templates=texts,
    )
    assert campaign_by_slug(app, boat.business.client_id, "second") == made
    rows = boat.rows(
        "select channel, version, subject from template where campaign_id = :id order by channel", id=made
    )
    assert rows == [("email", 1, "About you"), ("sms", 1, None)]
    assert boat.rows("select name from feed where campaign_id = :id", id=made) == [("upload",)]


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"slug": "reminder"}, "already has a campaign"),
        ({"templates": [NewTemplate("sms", "en", "x")]}, "email, for which there is no text"),
        (
            {"templates": [*TEXTS, NewTemplate("sms", "fr", "{{ first_nam }}")]},
            "SMS, fr: .* Did you mean first_name?",
        ),
        (
            {"templates": [*TEXTS, NewTemplate("sms", "fr", "{{ doctor }}")]},
            "doctor, which is no known field or column",
        ),
        (
            {"templates": [*TEXTS, NewTemplate("email", "fr", "x")]},
            "e-mail, fr: A message by e-mail needs a subject",
        ),
        ({"templates": [*TEXTS, NewTemplate("pigeon", "en", "x")]}, "no channel 'pigeon'"),
        ({"details": {"schema": 1}}, "cannot be used"),
    ],
)
def test_a_campaign_with_mistakes_is_not_made(app, boat, changes, says):
    good = {
        "client_id": boat.business.client_id,
        "slug": "other",
        "name": "N",
        "details": REMINDER,
        "templates": TEXTS,
    }
    with pytest.raises(CampaignInvalid, match=says):
        create_campaign(app, **(good | changes))


def test_names_that_do_not_exist(app, boat):
    with pytest.raises(NotFound):
        client_by_slug(app, "nobody")
    with pytest.raises(NotFound):
        campaign_by_slug(app, boat.business.client_id, "nothing")
