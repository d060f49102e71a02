"""A packet keeps the campaign version that it came in with, whatever is changed while it is in progress."""

import io
from datetime import date, timedelta

import pytest

from pipelines.actions.packets.accept_packet import Submission, accept_packet
from pipelines.errors import StepFailed
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER, change_campaign
from tests.steps.preparing import Preparing

pytestmark = pytest.mark.filterwarnings(
    "ignore::DeprecationWarning", "ignore::UserWarning"
)  # Great Expectations

DAY = (date.today() + timedelta(days=9)).isoformat()  # noqa: DTZ011 - any day that lies ahead
FILE = (
    f"first_name,phone,email,contact_date\nAda,+12025550100,ada@example.com,{DAY}\nBo,+12025550101,,{DAY}\n"
)
BY_EMAIL = REMINDER | {
    "rules": [{"name": "all by e-mail", "when": {"has": "email"}, "send": "email"}],
    "deadline": {"minutes_before_contact": 600},
    "quality": {"min_filled": {"email": 1.0}},
}
NEWER = [("sms", "en", None, "Newer"), ("email", "en", "Newer", "Newer")]
FIRST = [("sms", "SMS to a mobile phone", "Hello Ada"), ("sms", "SMS to a mobile phone", "Hello Bo,")]
CHANGED = [("email", "all by e-mail", "Newer")]


class Journey(Preparing):
    """A packet from its upload on."""

    def send(self, **options):
        submission = Submission(
            self.business.client_id, self.business.campaign_id, "people.csv", "cli", "ann", again=True, **options
        )  # fmt: skip
        return accept_packet(self.engine, self.settings, submission, io.BytesIO(FILE.encode())).packet_id

    def edit(self):
        with UnitOfWork(self.engine, self.business.client_id) as uow:
            change_campaign(uow, self.business, details=BY_EMAIL, texts=NEWER)
            uow.commit()

    def messages(self, packet_id):
        return self.rows(
            "select channel, rule, left(body, 9) from message where packet_id = :id order by row_no",
            id=packet_id,
        )

    def version(self, packet_id):
        ((version,),) = self.rows(
            "select version from data_packet join campaign_version on campaign_version.id = campaign_version_id"
            " where data_packet.id = :id",
            id=packet_id,
        )
        return version


@pytest.fixture
def journey(database, tmp_path):
    return Journey(database, tmp_path, required=())


def test_an_edit_between_check_and_assemble_affects_only_the_next_packet(journey):
    packet_id = journey.send()
    journey.run(packet_id, "load", "map_fields", "clean", "check")
    journey.edit()
    journey.run(packet_id, "assemble")
    assert journey.messages(packet_id) == FIRST
    assert journey.version(packet_id) == 1
    next_id = journey.send()
    assert journey.version(next_id) == 2
    journey.run(next_id, "load", "map_fields", "clean")
    with pytest.raises(StepFailed, match="The field e-mail address is filled in fewer rows"):
        journey.run(next_id, "check")
    journey.run(next_id, "assemble")
    assert journey.messages(next_id) == CHANGED


def test_an_edit_before_a_rerun_changes_nothing(journey):
    packet_id = journey.send()
    journey.run(packet_id, "load", "map_fields", "clean", "check", "assemble")
    before = journey.messages(packet_id)
    journey.edit()
    journey.run(packet_id, "check", "assemble")
    assert journey.messages(packet_id) == before
    journey.run(packet_id, "load", "map_fields", "clean", "check", "assemble")
    assert journey.messages(packet_id) == before
    assert journey.version(packet_id) == 1
