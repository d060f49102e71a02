"""Clients and campaigns on the command line: added, listed, shown, exported and imported."""

import json
from uuid import uuid4

import pytest

from pipelines.cli.demo import CAMPAIGN, SAMPLE_CAMPAIGN
from pipelines.domain.campaign_file import read_campaign

FAILED, USAGE = 1, 2


@pytest.fixture
def client(shell):
    """A new client."""
    slug = f"shop-{uuid4().hex[:8]}"
    assert (
        shell(
            "client", "add", "Corner Shop", "--slug", slug, "--region", "FR", "--time-zone", "Europe/Paris"
        ).code
        == 0
    )
    return slug


@pytest.fixture
def file(tmp_path):
    """The sample campaign, with changes."""

    def write(*changes, name="campaign.yaml"):
        text = SAMPLE_CAMPAIGN.read_text()
        for before, after in changes:
            assert before in text
            text = text.replace(before, after)
        path = tmp_path / name
        path.write_text(text)
        return str(path)

    return write


def imported(shell, client, path):
    done = shell("campaign", "import", path, "--client", client, "--json")
    assert (done.code, done.err) == (0, "")
    return json.loads(done.out)


def test_a_client_is_added_and_listed(shell, client):
    listed = {one["slug"]: one for one in json.loads(shell("client", "list", "--json").out)}
    assert listed[client] == {
        "slug": client, "name": "Corner Shop", "state": "active", "region": "FR", "language": "en",
        "time_zone": "Europe/Paris", "campaigns": 0,
    }  # fmt: skip
    assert client in shell("client", "list").out


def test_a_short_name_is_made_from_the_name_and_unique(shell):
    name = f"Café No {uuid4().int % 10**9}"
    done = shell("client", "add", name, "--json")
    assert json.loads(done.out)["client"] == name.lower().replace("é", "e").replace(" ", "-")
    assert "already" in shell("client", "add", name).sentence


@pytest.mark.parametrize(
    ("option", "value"), [("--region", "France"), ("--time-zone", "CET+1"), ("--slug", "No Slug")]
)
def test_an_invalid_client_is_not_added(shell, option, value):
    done = shell("client", "add", "X", option, value)
    assert done.code == FAILED
    assert done.sentence.endswith(".")


def test_importing_the_sample_again_changes_nothing(shell, client, file):
    first = imported(shell, client, file())
    assert (first["campaign"], first["version"]) == (CAMPAIGN, 1)
    assert imported(shell, client, file()) == {"campaign": CAMPAIGN, "version": 1, "changes": []}
    assert "The file is the same as version 1" in shell("campaign", "import", file(), "--client", client).out


def test_an_import_warns_of_channels_without_a_sender(shell, client, file):
    real = {"PACKETBOAT_TWILIO_BASE_URL": "https://api.twilio.com"}
    other = f"{client}-real"
    assert shell("client", "add", "Real Shop", "--slug", other, **real).code == 0
    done = shell("campaign", "import", file(), "--client", other)
    assert done.code == 0
    assert "no active sender for SMS" in done.err
    assert f"packetboat sender add ADDRESS --client {other} --channel sms" in done.err
    assert "email" not in done.err, "the sandbox still answers for it"


def test_a_change_is_shown_and_makes_a_new_version(shell, client, file):
    imported(shell, client, file())
    done = shell(
        "campaign",
        "import",
        file(("minutes_before_contact: 0", "minutes_before_contact: 90")),
        "--client",
        client,
    )
    assert done.out.splitlines() == [
        "~ details, deadline, minutes_before_contact: 0 → 90",
        f"{CAMPAIGN} is now at version 2.",
    ]


@pytest.mark.parametrize("name", ["out.yaml", "out.json"])
def test_an_exported_campaign_can_be_imported_unchanged(shell, client, file, tmp_path, name):
    imported(shell, client, file())
    path = tmp_path / name
    assert shell("campaign", "export", client, CAMPAIGN, str(path)).code == 0
    assert (
        read_campaign(path.read_bytes()).document.as_json()
        == read_campaign(SAMPLE_CAMPAIGN.read_bytes()).document.as_json()
    )
    assert path.read_text().startswith("{") is (name == "out.json")
    assert imported(shell, client, str(path))["changes"] == []


def test_an_export_goes_to_standard_output_and_never_overwrites_a_file(shell, client, file, tmp_path):
    imported(shell, client, file())
    done = shell("campaign", "export", client, CAMPAIGN)
    assert read_campaign(done.out.encode()).document.slug == CAMPAIGN
    assert json.loads(shell("campaign", "export", client, CAMPAIGN, "--json").out)["campaign"] == CAMPAIGN
    kept = tmp_path / "kept.yaml"
    kept.write_text("# mine")
    assert "exists already" in shell("campaign", "export", client, CAMPAIGN, str(kept)).sentence
    assert kept.read_text() == "# mine"


def test_all_mistakes_are_listed_with_their_lines(shell, client, file):
    path = file(
        ("send: sms", "send: pigeon"), ("max_held_share: 0.5", "max_held_share: 2"), ('{{ doctor }}."\n  email', '{{ doctr }}."\n  email')
    )  # fmt: skip
    done = shell("campaign", "import", path, "--client", client)
    assert (done.code, done.out) == (FAILED, "")
    rule, quality, text, end = done.err.splitlines()
    assert quality == "campaign.yaml, line 28: quality, max_held_share must be at most 1."
    assert rule.startswith(
        "campaign.yaml, line 18: The rule “SMS to a mobile phone” sends on the channel pigeon"
    )
    assert text.startswith("campaign.yaml, line 38: SMS, fr: The text names doctr")
    assert text.endswith("Did you mean doctor?")
    assert end == "packetboat: campaign.yaml has 3 mistakes, so nothing was changed."
    assert (
        json.loads(shell("campaign", "list", "--json").out) == []
        or client not in shell("campaign", "list").out
    )


def test_mistakes_can_be_listed_as_json(shell, client, file):
    done = shell("campaign", "import", file(("type: app", "type: lap")), "--client", client, "--json")
    assert done.code == FAILED
    ((mistake,),) = json.loads(done.out).values()
    assert (mistake["line"], mistake["path"]) == (9, ["details", "type"])


def test_a_campaign_is_listed_and_shown(shell, client, file):
    imported(shell, client, file())
    (line,) = [one for one in json.loads(shell("campaign", "list", "--json").out) if one["client"] == client]
    assert (line["slug"], line["state"], line["version"], line["type"]) == (
        CAMPAIGN,
        "active",
        1,
        "appointment_reminder",
    )
    assert client in shell("campaign", "list").out
    page = shell("campaign", "show", client, CAMPAIGN).out
    assert f"Appointment reminder ({CAMPAIGN}): active, version 1" in page
    assert "first_name     in each row; found by itself under first, firstname, fname, given name …" in page
    assert "doctor         if it has it; a column of this name" in page
    assert "1. “SMS to a mobile phone”: when phone is filled, send by SMS." in page
    document = json.loads(shell("campaign", "show", client, CAMPAIGN, "--json").out)
    assert document["channels"] == ["sms", "email"]
    assert document["columns"][2] == {"field": "doctor", "needed": False, "names": []}


def test_a_wrong_name_is_an_error_that_lists_the_right_ones(shell, client, file):
    imported(shell, client, file())
    assert f"It has: {CAMPAIGN}." in shell("campaign", "show", client, "other").sentence
    assert "There is no client “nobody”" in shell("campaign", "export", "nobody", "x").sentence
    assert shell("campaign", "import", "missing.yaml", "--client", client).code == USAGE
