"""A patient answers in the sandbox, and the whole way is real: the signed call, the portal's hook, the message that it belongs to."""

from sqlalchemy import text

from pipelines.cli.sandbox import reply_as
from pipelines.domain.campaign_document import Text
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually
from tests.webapp.whole import whole

FILE = "first_name,phone,contact_date\nAnn,+12125550141,2099-01-05\nBob,+12125550142,2099-01-05\n"


def test_one_patient_confirms_and_another_one_stops(database, tmp_path):
    with whole(database, tmp_path) as found:
        packet = found.send("sms", Text("sms", "en", "Hello {{ first_name }}, reply C or STOP."), FILE)
        assert reply_as(found.boat.settings, "+12125550141", "C") == [200]
        assert reply_as(found.boat.settings, "+12125550142", "STOP", times=2) == [200, 200]
        assert reply_as(found.boat.settings, "+12125550142", "C", forged=True) == [403]

        def kinds():
            with UnitOfWork(found.boat.engine("worker"), found.client_id) as uow:
                query = text("select row_no, kind from reply where packet_id = :packet order by row_no")
                return [tuple(row) for row in uow.all(query, {"packet": packet})]

        assert eventually(lambda: kinds() == [(1, "confirm"), (2, "stop")])
        with UnitOfWork(found.boat.engine("worker"), found.client_id) as uow:
            assert uow.scalar(text("select address from suppression")) == "+12125550142"
        page = found.person.get(f"/packets/{packet}").text
        assert "2 people answered" in page
