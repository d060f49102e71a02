"""A packet from which a person was erased can still be prepared again; the person does not come back."""

import pytest

from pipelines.actions.people.erase import erase_person
from pipelines.language import say
from pipelines.store.files import Files
from tests.steps.preparing import Preparing

ANA = "+12125550123"
FILE = f"First name,Phone,Date\nAna,{ANA},2030-05-04 10:00\nBo,+12125550188,2030-05-04 11:00\n"


@pytest.fixture
def packet(database, tmp_path):
    """Of two people, prepared and waiting to be sent, when one is erased."""
    preparing = Preparing(database, tmp_path)
    packet_id, _ = preparing.cleaned(FILE)
    preparing.do("update data_packet set state = 'sending' where id = :packet", packet=packet_id)
    return preparing, packet_id


@pytest.mark.parametrize("shared", [False, True], ids=["the file is deleted", "another packet has the file"])
def test_the_rows_stay_as_they_were_loaded(packet, shared):
    preparing, packet_id = packet
    if shared:
        preparing.packet(FILE)
    files = Files(preparing.settings)
    (sha256,) = preparing.rows("select sha256 from data_packet where id = :packet", packet=packet_id)[0]
    assert erase_person(preparing.engine, files, preparing.business.client_id, ANA).rows == 1
    assert files.has(sha256) == shared
    again = preparing.run(packet_id, "load")
    assert "is not read again" in say(again.note)
    assert (again.rows_in, again.rows_out) == (2, 2)
    preparing.run(packet_id, "map_fields", "clean")
    assert [row[1:3] for row in preparing.clean(packet_id)] == [("Bo", "+12125550188")]
    assert not preparing.rows(
        "select from data_packet_row where packet_id = :packet and cells::text like '%Ana%'", packet=packet_id
    )
