"""A text message goes only to a country that its client has been allowed (R37); other rows are held, to be corrected."""

import pytest
from sqlalchemy import text

from pipelines.actions.sending.countries import CountryInvalid, allow_countries, deny_countries
from pipelines.language import Sentence, say
from pipelines.steps.journal import StepResult
from tests.steps.assembling import ANA, bench

__all__ = ["bench"]

FRENCH = ANA | {"phone": "+33612345678", "phone_country": "FR"}
SATELLITE = ANA | {"phone": "+88216123456", "phone_country": None}
BY_MAIL = {"first_name": "Bo", "email": "bo@example.com"}


def client(bench):
    return bench.engine, bench.business.client_id


def test_at_first_a_client_sends_to_its_own_region_alone(bench):
    bench.rows(ANA, FRENCH, SATELLITE, BY_MAIL)
    assert bench.run() == StepResult(4, 2, 2)
    french, satellite = bench.held()
    assert (french.code, french.column_name, french.row_no) == ("country_not_allowed", "Phone", 2)
    assert say(Sentence.from_json(french.code, french.params)) == (
        "The number is in FR, and this client does not send there. Correct the number, or ask support to allow the country."
    )
    assert satellite.params["country"] == "001"
    assert [message.country for message in bench.messages()] == ["US", None]


@pytest.mark.parametrize(
    ("allowed", "countries"), [(["FR"], {"US", "FR"}), (["*"], {"US", "FR", "001"}), (["001"], {"US", "001"})]
)
def test_a_client_sends_to_the_countries_that_it_is_allowed(bench, allowed, countries):
    allow_countries(*client(bench), allowed)
    bench.rows(ANA, FRENCH, SATELLITE)
    bench.run()
    assert {message.country for message in bench.messages()} == countries


def test_a_denied_country_is_denied_even_if_it_is_the_clients_own(bench):
    allow_countries(*client(bench), ["FR"])
    deny_countries(*client(bench), ["US"])
    bench.rows(ANA, FRENCH)
    bench.run()
    assert [message.country for message in bench.messages()] == ["FR"]


def test_the_region_of_the_feed_is_allowed(bench):
    with bench.uow() as uow:
        uow.execute(
            text('update feed set settings = \'{"region": "FR"}\' where id = :feed'),
            {"feed": bench.business.feed_id},
        )
        uow.commit()
    bench.rows(ANA, FRENCH)
    assert bench.run() == StepResult(2, 2, 0)


def test_one_clients_countries_are_not_anothers(bench, business):
    allow_countries(bench.engine, business.client_id, ["FR"])
    bench.rows(FRENCH)
    assert bench.run() == StepResult(1, 0, 1)


def test_a_client_keeps_some_country(bench):
    allow_countries(*client(bench), ["FR"])
    with pytest.raises(CountryInvalid) as refused:
        deny_countries(*client(bench), ["US", "FR"])
    assert refused.value.code == "country_last"


@pytest.mark.parametrize("name", ["XX", "fr", "France", ""])
def test_an_unknown_country_is_refused(bench, name):
    with pytest.raises(CountryInvalid) as refused:
        allow_countries(*client(bench), [name])
    assert refused.value.code == "country_unknown"
