"""Which bad values hold a row, and what of a file's fields stands in the statements of clean."""

from dataclasses import replace

import pytest

from pipelines.cleaning.rule import Setting
from pipelines.domain.mapping import LoadMap
from pipelines.feeds import load_maps
from pipelines.steps.clean.columns import file_fields, holes_of_pick, holes_of_rows
from pipelines.steps.clean.needed import needed
from pipelines.steps.journal import PacketFacts
from pipelines.store.unit_of_work import UnitOfWork
from tests.steps.preparing import Preparing

SETTING = Setting("US", "en", "UTC")


@pytest.fixture
def make(database, tmp_path):
    return lambda *required: Preparing(database, tmp_path, required=required)


def held(preparing, content):
    packet_id, _ = preparing.cleaned(content)
    return preparing.held(packet_id)


def test_a_required_address_is_held_for_what_is_wrong_with_it(make):
    content = "phone,mail\n+12125552368,nobody\n+12125552369,ann@example.com\n+12125552370,\n"
    assert held(make("email"), content) == [
        (2, "mail", "not_an_email", "nobody"),
        (4, "mail", "required_empty", None),
    ]
    assert held(make("phone"), content) == []


def test_blanks_are_an_empty_cell(make):
    assert held(make(), "first_name,phone,mail\nAnn,  ,\n") == [(2, None, "no_address", None)]
    assert held(make("email"), "phone,mail\n+12125552368,   \n") == [(2, "mail", "required_empty", None)]


def test_the_statements_name_the_fields_of_the_file_alone():
    load_map = LoadMap({"email": "Mail"})
    fields = file_fields(load_map, ["Name", "Mail"], SETTING)
    assert [one.name for one in fields] == ["email", "language"]
    rows, pick = holes_of_rows(fields), holes_of_pick(fields, load_map.positions(["Name", "Mail"]))
    assert rows["columns"] == "email, language"
    assert rows["can_text"] == "cast(null as boolean)"
    assert rows["phone_country"] == "cast(null as text)"
    assert rows["values"].split(",\n    ")[1] == "coalesce(language, language_value.value, :language)"
    assert "cells[2]" in pick["cells"]
    assert "phone_value" not in " ".join((*rows.values(), *pick.values()))


def test_the_clean_value_becomes_what_its_column_holds():
    (email, _) = file_fields(LoadMap({"email": "Mail"}), ["Mail"], SETTING)
    assert email.value == "coalesce(email, email_value.value)"
    number = replace(email, field=replace(email.field, column="integer"))
    assert number.value == "cast(coalesce(email, email_value.value) as integer)"


def test_only_a_fast_path_that_changes_cells_is_compared_with_them():
    names, email, _ = file_fields(LoadMap({"first_name": "N", "email": "M"}), ["N", "M"], SETTING)
    assert "first_name_changed" not in names.tried
    assert names.change == "first_name_value.change"
    assert "email <> email_cell as email_changed" in email.tried
    assert "then 'email:email' end" in email.change


def test_a_text_may_name_a_column_that_the_campaign_does_not(make):
    """It is named as in a text, not as in the file."""
    preparing = make()
    preparing.change_campaign(
        texts=[("sms", "en", None, "Hello {{ first_name }}, {{ doctor_s_name }} is ill.")]
    )
    packet_id = preparing.packet("First name,Mobile,Doctor's name\nAnn,+12125552368,Dr. Abel\n")
    preparing.run(packet_id, "load", "map_fields")
    with UnitOfWork(preparing.engine, preparing.business.client_id) as uow:
        packet = PacketFacts.read(uow, packet_id)
        load_map = load_maps.of_packet(uow, packet.load_map_id)
        assert needed(uow, packet, load_map, ["first_name", "last_name"]) == {"first_name"}
