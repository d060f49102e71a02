"""A file from elsewhere: 500 contacts of American businesses, all accounted for."""

import csv
import json
import os
from pathlib import Path

import pytest
from sqlalchemy import select

from pipelines.actions.accounts.create_client import create_client
from pipelines.actions.campaigns.save_campaign import save_campaign
from pipelines.domain.campaign_document import CampaignDocument, Text
from pipelines.settings import PROJECT
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.messages import Message

FILE = Path(os.environ.get("FOREIGN_FILE", PROJECT.parent / "shared" / "data" / "contacts" / "us-500.csv"))
pytestmark = [
    pytest.mark.system,
    pytest.mark.xdist_group("system"),
    pytest.mark.timeout(600),
    pytest.mark.skipif(not FILE.exists(), reason="the contacts file us-500.csv is not here"),
]
ROWS = 500
DETAILS = {
    "schema": 1,
    "type": "announcement",
    "window": {"hours": "any", "reason": "tests run at any hour"},
    "fields": {"required": ["first_name", "company_name"], "optional": ["city"]},
    "rules": [
        {"name": "SMS to people of California", "when": {"equals": ["state", "CA"]}, "send": "sms"},
        {"name": "e-mail to everybody else", "when": {"has": "email"}, "send": "email"},
    ],
}
TEXT = "Hello {{ first_name }} of {{ company_name }}: our new branch in {{ city }} opens on Monday."


@pytest.fixture(scope="module")
def client(system):
    engine = system.packetboat.engine("app")
    client_id = create_client(
        engine, system.settings, slug="paper-shop", name="Paper Shop", time_zone="America/Chicago"
    )
    texts = (Text("sms", "en", TEXT), Text("email", "en", TEXT, "We open in {{ city }}"))
    save_campaign(engine, client_id, CampaignDocument("opening", "Opening", DETAILS, texts), by="test")
    return client_id


@pytest.fixture(scope="module")
def mapped(client, packetboat_command):
    """The second phone column is the one to use, chosen once with a load map."""
    process = packetboat_command(
        "feed", "map", str(FILE), "--client", "paper-shop", "--campaign", "opening", "--field", "phone=phone2", "--json"
    )  # fmt: skip
    assert process.returncode == 0, process.stderr
    return json.loads(process.stdout)


@pytest.fixture(scope="module")
def story(mapped, send):
    return send(FILE, "paper-shop", "opening")


def test_the_load_map_is_the_chosen_one(mapped):
    assert mapped["fields"] == {
        "phone": "phone2",
        "first_name": "first_name",
        "last_name": "last_name",
        "email": "email",
    }
    assert mapped["extras"]["company_name"] == "company_name"


def test_five_hundred_rows_are_accounted_for(story):
    balance = story["packet"]["balance"]
    assert balance["rows_in"] == ROWS
    assert sum(part["rows"] for part in balance["parts"]) == ROWS
    assert {part["name"]: part["rows"] for part in balance["parts"] if part["rows"]} == {"sent": ROWS}


def test_each_person_got_their_own_text_on_the_channel_of_the_rule(system, story, journal, client):
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        people = list(csv.DictReader(file))
    with UnitOfWork(system.packetboat.engine("worker"), client) as uow:
        sent = {row.row_no: row for row in uow.all(select(Message.row_no, Message.channel, Message.address))}
    received = {(entry["to"], entry["content"]["body"]) for entry in journal()}
    assert len(people) == len(sent) == ROWS
    for row_no, person in enumerate(people, 1):
        digits = "+1" + "".join(filter(str.isdigit, person["phone2"]))
        channel, address = ("sms", digits) if person["state"] == "CA" else ("email", person["email"])
        assert (sent[row_no].channel, sent[row_no].address) == (channel, address)
        words = f"Hello {person['first_name']} of {person['company_name']}: our new branch in {person['city']} opens on Monday."
        assert (address, words) in received
