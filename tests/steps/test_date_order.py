"""The order of day and month belongs to the feed: each layout of its files is read in the order that any of them has shown."""

import pytest

from pipelines.actions.campaigns.map_feed import map_feed
from pipelines.language import say
from tests.steps.preparing import Preparing

SHORT = "First name,Mobile,Appt date,Room"
LONG = f"{SHORT},Floor"


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


def short(date, mobile="2368"):
    return f"{SHORT}\nAnn,+1212555{mobile},{date},4\n"


def long(date):
    return f"{LONG}\nAnn,+12125552368,{date},4,2\n"


def formats(preparing):
    return preparing.rows("select mapping -> 'formats' from load_map order by version")


def test_an_earlier_layout_is_read_in_the_order_that_a_later_one_has_shown(preparing):
    preparing.cleaned(short("2030-05-14"))
    preparing.cleaned(long("31/05/2030"))
    packet_id, result = preparing.cleaned(short("05/06/2030"))
    assert preparing.clean(packet_id, "local_at") == [("2030-06-05",)]
    assert "as before in this feed" in say(result.note)
    assert preparing.rows("select reasons from load_map order by version desc limit 1") == [
        ({"contact_date": "DMY: as in other files of this feed"},)
    ]


def test_the_map_is_stored_again_only_once(preparing):
    preparing.cleaned(short("2030-05-14"))
    preparing.cleaned(long("31/05/2030"))
    packet_id, _ = preparing.cleaned(short("05/06/2030"))
    before = formats(preparing)
    preparing.run(packet_id, "map_fields", "clean")
    preparing.cleaned(short("06/06/2030", mobile="2369"))
    assert (
        formats(preparing) == before == [({},), ({},), ({"contact_date": "DMY"},), ({"contact_date": "DMY"},)]
    )


def test_a_map_that_a_person_makes_for_files_with_date_and_time_in_one_column_keeps_the_order(preparing):
    preparing.cleaned(short("31/05/2030"))
    business = preparing.business
    header = ["First name", "Mobile", "When"]
    map_feed(preparing.engine, business.client_id, business.campaign_id, header, {"contact_at": "When"})
    packet_id, _ = preparing.cleaned("First name,Mobile,When\nAnn,+12125552368,05/06/2030 09:30\n")
    assert preparing.clean(packet_id, "local_at") == [("2030-06-05 09:30",)]


def test_a_person_corrects_an_earlier_layout_and_the_order_stays(preparing):
    preparing.cleaned(short("2030-05-14"))
    preparing.cleaned(long("31/05/2030"))
    business = preparing.business
    map_feed(
        preparing.engine, business.client_id, business.campaign_id, SHORT.split(","), {"last_name": "Room"}
    )
    packet_id, _ = preparing.cleaned(short("05/06/2030"))
    assert preparing.clean(packet_id, "local_at") == [("2030-06-05",)]
