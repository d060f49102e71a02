"""Packets with a postcode and a number of seats, in a tree to which only the files of these fields and their rules were added."""

import pytest

from pipelines.cleaning import postcode
from pipelines.domain.campaign import Campaign, CampaignInvalid
from pipelines.errors import StepFailed
from pipelines.language import Sentence, say
from pipelines.reports.packet import Packet
from pipelines.reports.quality import QualityResult
from pipelines.reports.row import RowStory
from pipelines.store import migrate
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import change_campaign, make_packet
from tests.cleaning.test_fast_paths import agree
from tests.steps.preparing import Preparing

HEADER = "first_name,phone,Code postal\n"
GREETING = "Hello {{ first_name }}, near {{ postcode }}."
PREPARE = ("load", "map_fields", "clean", "check", "assemble")
TO_ALL = {"name": "SMS", "when": {"has": "phone"}, "send": "sms"}

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::UserWarning")


@pytest.fixture
def preparing(database, tmp_path):
    """Runs packets of a campaign with these details and this text."""

    def make(body="Hello {{ first_name }}.", required=(), rules=(TO_ALL,), quality=None):
        made = Preparing(database, tmp_path)
        details = {
            "schema": 1,
            "type": "announcement",
            "window": {"hours": "any", "reason": "tests run at any hour"},
            "fields": {"required": list(required)},
            "rules": list(rules),
            "quality": quality or {},
        }
        Campaign.from_json(details)
        with UnitOfWork(made.engine, made.business.client_id) as uow:
            change_campaign(uow, made.business, details=details, texts=[("sms", "en", None, body)])
            uow.commit()
        return made

    return make


def prepared(preparing, content, steps=PREPARE):
    packet_id = make_packet(
        preparing.engine, preparing.business, content.encode(), preparing.settings.files_dir
    )
    return packet_id, preparing.run(packet_id, *steps)


def rows(*cells):
    return HEADER + "".join(f"Ann,+1212555{2368 + n},{cell}\n" for n, cell in enumerate(cells))


def reasons(preparing, packet_id):
    held = preparing.rows(
        "select line_no, column_name, code, params, value from held_row where packet_id = :id order by line_no",
        id=packet_id,
    )
    return [
        (line, column, code, say(Sentence.from_json(code, params)), value)
        for line, column, code, params, value in held
    ]


def test_sql_and_python_clean_it_alike(database):
    with database.engine("worker").connect() as connection:
        assert agree(connection, postcode, ["SW1A 1AA", "sw1a 1aa", "sw1a1aa", "M1 1AE", "M1 1A", "x"]) == 3


def test_a_text_is_filled_with_it(preparing):
    packets = preparing(GREETING)
    packet_id, result = prepared(packets, rows("SW1A 1AA", "m1 1ae", "ec1a1bb"))
    assert (result.rows_out, result.rows_held) == (3, 0)
    assert packets.clean(packet_id, "postcode, changes") == [
        ("SW1A 1AA", None),
        ("M1 1AE", ["postcode:postcode"]),
        ("EC1A 1BB", ["postcode:postcode"]),
    ]
    bodies = packets.rows("select body from message where packet_id = :id order by row_no", id=packet_id)
    assert [body for (body,) in bodies] == [
        f"Hello Ann, near {code}." for code in ("SW1A 1AA", "M1 1AE", "EC1A 1BB")
    ]


def test_a_required_one_is_held_if_it_is_empty_or_invalid(preparing):
    packets = preparing(required=["postcode"])
    packet_id, result = prepared(packets, rows("SW1A 1AA", "", "12345", " "))
    assert result.rows_out == 1
    empty = "The postcode is empty, and the campaign needs it. Fill it in."
    assert reasons(packets, packet_id) == [
        (3, "Code postal", "required_empty", empty, None),
        (
            4,
            "Code postal",
            "not_a_postcode",
            "This is not a British postcode. Write it like SW1A 1AA.",
            "12345",
        ),
        (5, "Code postal", "required_empty", empty, None),
    ]


@pytest.mark.parametrize(
    ("body", "rules"),
    [
        (GREETING, (TO_ALL,)),
        ("Hello.", ({"name": "near", "when": {"starts_with": ["postcode", "SW"]}, "send": "sms"}, TO_ALL)),
    ],
)
def test_an_invalid_one_is_held_if_a_text_or_a_rule_needs_it(preparing, body, rules):
    packets = preparing(body, rules=rules)
    packet_id, _ = prepared(packets, rows("SW1A 1AA", "12345"))
    assert [(line, code, value) for line, _, code, _, value in reasons(packets, packet_id)] == [
        (3, "not_a_postcode", "12345")
    ]


def test_an_invalid_one_that_is_not_needed_is_dropped_and_noted(preparing):
    packets = preparing(
        "Hello{% if postcode %} from {{ postcode }}{% endif %}, {{ postcode | default('you') }}."
    )
    packet_id, result = prepared(packets, rows("12345"))
    assert (result.rows_out, reasons(packets, packet_id)) == (1, [])
    assert packets.clean(packet_id, "postcode, changes") == [(None, ["postcode:not_a_postcode"])]
    assert packets.rows("select body from message where packet_id = :id", id=packet_id) == [("Hello, you.",)]


def test_a_file_without_its_column_is_stopped(preparing):
    with pytest.raises(StepFailed, match="The file has no column for: postcode"):
        prepared(preparing(required=["postcode"]), "first_name,phone\nAnn,+12125552368\n")


def test_a_rule_can_use_it(preparing):
    near = {"name": "London", "when": {"starts_with": ["postcode", "SW"]}, "send": "sms"}
    packets = preparing(rules=(near, TO_ALL))
    packet_id, _ = prepared(packets, rows("sw1a1aa", "M1 1AE"))
    assert packets.rows(
        "select row_no, rule from message where packet_id = :id order by 1", id=packet_id
    ) == [
        (1, "London"),
        (2, "SMS"),
    ]


def test_the_row_page_shows_it(preparing):
    packets = preparing()
    packet_id, _ = prepared(packets, rows("m11ae"))
    with UnitOfWork(packets.engine, packets.business.client_id) as uow:
        story = RowStory.read(uow, Packet.read(uow, packet_id), 1)
    cell = story.cells[2]
    assert (cell.field, cell.before, cell.after, cell.rule) == ("postcode", "m11ae", "M1 1AE", "postcode")


def test_the_quality_check_covers_it(preparing):
    packets = preparing(quality={"min_filled": {"postcode": 0.9}})
    with pytest.raises(StepFailed, match="field postcode is filled in fewer rows"):
        prepared(packets, rows("SW1A 1AA", ""), PREPARE)
    with pytest.raises(CampaignInvalid, match=r"must be one of: external_id, .*postcode"):
        preparing(quality={"min_filled": {"town": 0.9}})


def test_the_profile_of_a_packet_has_it(preparing):
    packets = preparing()
    packet_id, _ = prepared(packets, rows("sw1a 1aa", "M1 1AE", "M1 1AE", ""))
    with UnitOfWork(packets.engine, packets.business.client_id) as uow:
        profile = QualityResult.read(uow, packet_id).profile
    (field,) = [one for one in profile.fields if one.field == "postcode"]
    assert (say(field.title), field.filled, field.distinct, field.changed) == ("postcode", 3, 2, 1)


def test_a_number_is_stored_as_one_and_used_in_texts_and_rules(preparing):
    many = {"name": "group", "when": {"equals": ["seats", "12"]}, "send": "sms"}
    packets = preparing("{{ seats }} seats.", rules=(many, TO_ALL))
    packet_id, result = prepared(
        packets, "phone,Party size\n+12125552368,012\n+12125552369,2\n+12125552370,many\n"
    )
    assert (result.rows_out, [row[2] for row in reasons(packets, packet_id)]) == (2, ["not_a_number"])
    assert packets.clean(packet_id, "seats, changes") == [(12, ["seats:whole_number"]), (2, None)]
    assert packets.rows(
        "select body, rule from message where packet_id = :id order by row_no", id=packet_id
    ) == [
        ("12 seats.", "group"),
        ("2 seats.", "SMS"),
    ]
    with UnitOfWork(packets.engine, packets.business.client_id) as uow:
        (_, seats) = RowStory.read(uow, Packet.read(uow, packet_id), 1).cells
    assert (seats.before, seats.after) == ("012", "12")


def test_tables_agree(database):
    assert migrate.differences(database.engine("owner")) == []
