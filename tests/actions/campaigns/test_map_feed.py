"""A person says which column is which field: it holds for files with these columns, and beats the proposal."""

import pytest

from pipelines.actions.campaigns.map_feed import MapInvalid, map_feed
from tests.steps.preparing import Preparing

HEADER = ["First name", "Company", "Phone 1", "Phone 2", "E-mail", "Date"]
ROW = "Ann,Lee & Co,+12125552368,(212) 555-2369,ann@example.com,2027-03-31\n"


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


@pytest.fixture
def say(database, preparing):
    def say(chosen, header=HEADER):
        business = preparing.business
        return map_feed(database.engine("app"), business.client_id, business.campaign_id, header, chosen)

    return say


def mapped(preparing):
    packet_id = preparing.packet(",".join(HEADER) + "\n" + ROW)
    preparing.run(packet_id, "load", "map_fields", "clean")
    return preparing.clean(packet_id, "phone, email")


def test_what_is_said_is_kept_and_the_rest_is_proposed(preparing, say):
    load_map = say({"phone": "phone 2"})
    assert load_map.fields == {
        "phone": "Phone 2",
        "first_name": "First name",
        "email": "E-mail",
        "contact_date": "Date",
    }
    assert load_map.extras == {"company": "Company", "phone_1": "Phone 1"}
    assert preparing.rows("select version, reasons ->> 'Phone 2', reasons ->> 'Date' from load_map") == [
        (1, "phone: said by a person", "contact_date: a known name for it")
    ]


def test_the_next_packet_uses_it(preparing, say):
    assert mapped(preparing) == [("+12125552368", "ann@example.com")]
    say({"phone": "Phone 2"})
    assert mapped(preparing) == [("+12125552369", "ann@example.com")]
    assert preparing.rows("select max(version) from load_map") == [(2,)]


def test_what_the_feed_knew_goes_on(preparing, say):
    """The order of day and month that an earlier file decided, and a column that a person named before."""
    say({"phone": "Phone 2"})
    preparing.do(
        """update load_map set mapping = jsonb_set(mapping, '{formats}', '{"contact_date": "DMY"}')"""
    )
    load_map = say({"last_name": "Company"})
    assert load_map.formats == {"contact_date": "DMY"}
    assert (load_map.fields["phone"], load_map.fields["last_name"]) == ("Phone 2", "Company")


def test_a_column_that_is_said_is_taken_from_the_field_that_had_it(preparing, say):
    say({"phone": "Phone 2"})
    load_map = say({"external_id": "Phone 2"})
    assert (load_map.fields["external_id"], load_map.fields["phone"]) == ("Phone 2", "Phone 1")


@pytest.mark.parametrize(
    ("chosen", "sentence"),
    [
        ({"fax": "Phone 1"}, "There is no field “fax”. There are: external_id, "),
        ({"phone": "Mobile"}, "The file has no column “Mobile”. It has: First name, Company"),
        ({"phone": "E-mail", "email": "E-mail"}, "named for two fields"),
    ],
)
def test_what_does_not_fit_is_refused_and_nothing_is_kept(preparing, say, chosen, sentence):
    with pytest.raises(MapInvalid, match=sentence):
        say(chosen)
    assert preparing.rows("select count(*) from load_map") == [(0,)]
