"""A code in the database that this version does not know takes no page and no command down."""

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import tell_held, tell_packet

WORDS = "This version of Packetboat has no text for the code code_of_tomorrow."


@pytest.fixture
def packet(boat, clinic):
    """A packet with a problem and a held row whose codes another version wrote."""
    engine, client = boat.engine("worker"), clinic.business.client_id
    packet = tell_packet(engine, clinic.business, state="stopped", problem="?", total={"held": 1})
    tell_held(engine, clinic.business, packet, 1)
    with UnitOfWork(engine, client) as uow:
        for statement in (
            "update data_packet set problem_code = 'code_of_tomorrow', problem_params = '{}' where id = :packet",
            "update held_row set code = 'code_of_tomorrow' where packet_id = :packet",
        ):
            uow.execute(text(statement), {"packet": packet})
        uow.commit()
    return packet


@pytest.mark.parametrize("page", ["/packets/", "/packets/{packet}", "/packets/{packet}/held"])
def test_a_page_names_the_code(clinic, packet, page):
    answer = clinic.person.get(page.format(packet=packet))
    assert answer.status_code == 200
    assert WORDS in answer.text


def test_the_file_of_held_rows_names_the_code(clinic, packet):
    answer = clinic.person.get(f"/packets/{packet}/held.csv")
    assert answer.status_code == 200
    assert WORDS in answer.text
