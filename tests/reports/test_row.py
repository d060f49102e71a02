"""The history of a row that went through the real steps: its cells before and after cleaning, and its message."""

import pytest

from pipelines.errors import NotFound
from pipelines.reports.packet import Packet
from pipelines.reports.row import RowStory
from pipelines.store.unit_of_work import UnitOfWork
from tests.steps.preparing import Preparing

FILE = """First name,Mobile,E-mail,Appointment date,Time,Doctor
ada,(212) 555-0142,,2030-11-24,16:40,Dr. Abel
Grace,none,grace@example.com,2030-11-24,9:05,Dr. Abel
Alan,,,2030-11-24,9:05,Dr. Abel
"""


CALL = """
with call as (
    insert into provider_call (client_id, packet_id, provider, channel, messages, owner, lease_until)
    select client_id, packet_id, 'twilio', channel, 1, uuidv7(), now() from message where packet_id = :id and row_no = 1
    returning id
)
insert into attempt (client_id, message_id, attempt_no, call_id)
select message.client_id, message.id, 1, call.id from call, message where packet_id = :id and row_no = 1
"""


@pytest.fixture
def preparing(database, tmp_path):
    return Preparing(database, tmp_path)


@pytest.fixture
def packet_id(preparing):
    return preparing.packet(FILE)


@pytest.fixture
def story(database, preparing, packet_id):
    """Reads the history of a row by its number."""
    preparing.run(packet_id, "load", "map_fields", "clean", "assemble")

    def read(row_no):
        with UnitOfWork(database.engine("app"), preparing.business.client_id) as uow:
            return RowStory.read(uow, Packet.read(uow, packet_id), row_no)

    return read


def cells(story):
    return {cell.column: (cell.before, cell.after, cell.rule) for cell in story.cells}


def test_a_changed_cell_shows_before_and_after_and_the_rule(story):
    row = story(1)
    assert row.line_no == 2
    assert cells(row) == {
        "First name": ("ada", "Ada", "name"),
        "Mobile": ("(212) 555-0142", "+12125550142", "e164"),
        "E-mail": ("", None, None),
        "Appointment date": ("2030-11-24", "2030-11-24 16:40", None),
        "Time": ("16:40", None, None),
        "Doctor": ("Dr. Abel", None, None),
    }
    assert {cell.column: cell.field for cell in row.cells}["Mobile"] == "mobile number"


def test_an_unusable_value_is_removed(story):
    row = story(2)
    assert cells(row)["Mobile"] == ("none", "", "not_a_phone")
    assert [(one.channel, one.rule) for one in row.messages] == [("email", "e-mail otherwise")]


def test_the_message_is_complete(story):
    (message,) = story(1).messages
    assert message.body == "Hello Ada, your appointment is on Sunday, November 24."
    assert (message.state, message.tries, message.reports) == ("ready", [], [])
    assert message.template_version == 1
    assert message.not_before < message.expires_at


def test_a_held_row_has_its_reason_and_its_original_cells(story):
    row = story(3)
    assert row.messages == []
    assert [one.sentence.code for one in row.held] == ["no_address"]
    assert cells(row)["First name"] == ("Alan", None, None)


def test_a_row_that_does_not_exist_is_not_found(story):
    with pytest.raises(NotFound):
        story(4)


def test_the_active_sender_is_shown_only_before_the_first_call(story, preparing, packet_id):
    """A call that did not record its sender may have used another one."""
    assert story(1).messages[0].sender == "+15005550006"
    preparing.do(CALL, id=packet_id)
    assert story(1).messages[0].sender is None
