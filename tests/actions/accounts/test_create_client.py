"""Clients are made once, and found by the names that people type."""

from uuid import uuid4

import pytest

from pipelines.actions.accounts.create_client import ClientInvalid, create_client
from pipelines.actions.accounts.find import campaign_by_slug, client_by_slug
from pipelines.errors import NotFound
from pipelines.settings import Settings
from tests.sending import boat_for

SETTINGS = Settings(_env_file=None)


@pytest.fixture
def app(database):
    return database.engine("app")


@pytest.fixture
def boat(database, business, tmp_path):
    return boat_for(database.engine("worker"), business, tmp_path, "http://127.0.0.1:9")


def test_a_client_is_made_once(app):
    slug = f"shop-{uuid4().hex[:8]}"
    made = create_client(
        app, SETTINGS, slug=slug, name="Shop", region="FR", language="fr", time_zone="Europe/Paris"
    )
    assert create_client(app, SETTINGS, slug=slug, name="Another name") == made == client_by_slug(app, slug)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"slug": "Not Good"}, "lowercase letters"),
        ({"name": "  "}, "needs a name"),
        ({"region": "usa"}, "ISO 3166"),
        *(({"region": region}, "ISO 3166") for region in ("ZZ", "XX", "EU", "us", "")),
        ({"language": "English"}, "ISO 639"),
        *(({"language": language}, "ISO 639") for language in ("qq", "und", "EN", "en-US", "")),
        ({"time_zone": "EST5"}, "IANA"),
    ],
)
def test_a_client_with_wrong_facts_is_not_made(app, wrong, says):
    with pytest.raises(ClientInvalid, match=says):
        create_client(app, SETTINGS, **({"slug": "fine", "name": "Fine"} | wrong))


@pytest.mark.parametrize(
    ("region", "language"), [("US", "en"), ("VN", "vi"), ("AX", "fil"), ("XK", "sq"), ("GG", "ht")]
)
def test_regions_and_languages_that_exist(app, region, language):
    create_client(
        app, SETTINGS, slug=f"shop-{uuid4().hex[:8]}", name="Shop", region=region, language=language
    )


def test_names_that_do_not_exist(app, boat):
    with pytest.raises(NotFound):
        client_by_slug(app, "nobody")
    with pytest.raises(NotFound):
        campaign_by_slug(app, boat.business.client_id, "nothing")
