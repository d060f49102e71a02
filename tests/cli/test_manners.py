"""Errors on the command line: one sentence, the right exit code, no log lines."""
# ruff: noqa: RUF001 -- Russian names are what is tested

import json
import re
from datetime import date, timedelta
from uuid import UUID

import click
import pytest

from pipelines.cli import packetboat
from pipelines.cli.demo import CAMPAIGN
from pipelines.cli.sample import HEADER

FAILED, USAGE, REFUSED = 1, 2, 3
NO_PACKET = "11111111-1111-1111-1111-111111111111"
DAY = (date.today() + timedelta(days=2)).isoformat()  # noqa: DTZ011 - any day that lies ahead
ROW = f"P-1,Ada,Stone,202-555-0151,,en,{DAY},09:00,Dr. Abel"


@pytest.fixture
def file(tmp_path):
    """Writes a file to send; by default a valid one, different in each test."""

    def write(content=None, name="appointments.csv"):
        path = tmp_path / name
        if content is None:
            content = f"{','.join(HEADER)}\n{ROW} {tmp_path.name}\n".encode()
        path.write_bytes(content)
        return str(path)

    return write


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "empty (0 bytes)"),
        (",".join(HEADER).encode(), "no rows"),
        (bytes(range(256)) * 20, "not a text file"),
        (b"Patient No,First name,Mobile phone\n1,Ada,2025550151\n", "no column for: date"),
    ],
)
def test_an_unusable_file_is_refused(shell, clinic, file, content, says):
    done = shell("packet", "send", file(content), *clinic)
    assert done.code == REFUSED
    assert says in done.sentence


@pytest.mark.parametrize(
    ("digest", "says"), [("123", "neither MD5 nor SHA-256"), ("0" * 32, "transmission was incomplete")]
)
def test_a_wrong_digest_is_refused(shell, clinic, file, digest, says):
    done = shell("packet", "send", file(), *clinic, "--digest", digest)
    assert done.code == REFUSED
    assert says in done.sentence


def test_a_missing_file_is_wrong_usage(shell, clinic, tmp_path):
    for path in (tmp_path / "missing.csv", tmp_path):
        done = shell("packet", "send", str(path), *clinic)
        assert (done.code, done.out) == (USAGE, "")


def test_a_wrong_name_is_an_error_that_lists_the_right_ones(shell, clinic, file, monkeypatch):
    monkeypatch.setattr("pipelines.actions.accounts.find.MAX_NAMED", 10_000)  # other tests have clients, too
    _, client, _, _ = clinic
    done = shell("packet", "send", file(), "--client", "nobody", "--campaign", CAMPAIGN)
    assert done.code == FAILED
    assert "There is no client “nobody”. There are: " in done.sentence
    assert client in done.sentence
    done = shell("packet", "send", file(), "--client", client, "--campaign", "nothing")
    assert done.code == FAILED
    assert f"This client has no campaign “nothing”. It has: {CAMPAIGN}." in done.sentence


def test_a_packet_is_accepted_without_airflow_and_no_log_line_is_printed(shell, clinic, file):
    done = shell("packet", "send", file(), *clinic)
    assert (done.code, done.err) == (0, "")
    assert "Airflow does not answer; the packet will start when Airflow is back." in done.out
    assert "packet_received" not in done.out


def test_commands_log_to_a_file_in_the_home(shell, clinic, file, boat):
    receipt = json.loads(shell("packet", "send", file(), *clinic, "--json").out)
    lines = (boat.settings.home / "logs" / "command.log").read_text().splitlines()
    logged = [line for line in map(json.loads, lines) if line.get("packet_id") == receipt["packet_id"]]
    assert [line["event"] for line in logged] == ["packet_received", "start_delayed"]


def test_sending_the_same_file_again_needs_an_option(shell, clinic, file):
    path = file()
    assert shell("packet", "send", path, *clinic).code == 0
    done = shell("packet", "send", path, *clinic)
    assert done.code == REFUSED
    assert done.sentence.endswith("Here: --again.")
    assert shell("packet", "send", path, *clinic, "--again").code == 0


RUSSIAN = "first_name,phone,contact_date\nАнна,+12025550100,2030-05-01\nИван,+12025550101,2030-05-02\n"


def test_an_unknown_encoding_shows_its_readings_and_is_set_by_an_option(shell, clinic, file, boat):
    path = file(RUSSIAN.encode("koi8_r"))
    done = shell("packet", "send", path, *clinic)
    assert done.code == REFUSED
    assert "--encoding koi8_r" in done.err
    assert "Анна · Иван" in done.err
    assert re.search(r"Here: --encoding \w+\.$", done.err.splitlines()[-1])
    assert "Анна" not in (boat.settings.home / "logs" / "command.log").read_text()
    refusal = json.loads(shell("packet", "send", path, *clinic, "--json").out)
    assert ["Анна", "Иван"] in [reading["samples"] for reading in refusal["readings"]]
    assert shell("packet", "send", path, *clinic, "--encoding", "KOI8-R").code == 0


def test_a_header_in_a_code_page_can_be_mapped(shell, clinic, file):
    path = file("電話番号,first_name,contact_date\n+12025550100,太郎,2030-05-01\n".encode("cp932"))
    command = ("feed", "map", path, *clinic, "--field", "phone=電話番号")
    assert "電話番号" in shell(*command).err
    assert shell(*command, "--encoding", "cp932").code == 0


def test_a_refusal_is_one_json_document(shell, clinic, file):
    done = shell("packet", "send", file(b""), *clinic, "--json")
    assert done.code == REFUSED
    refusal = json.loads(done.out)
    assert refusal["refused"] == "empty_file"
    assert UUID(refusal["packet_id"])


def test_a_timeout_is_one_json_document(shell, clinic, file):
    done = shell("packet", "send", file(), *clinic, "--wait", "--timeout", "0.5", "--json")
    assert done.code == FAILED
    receipt = json.loads(done.out)
    assert (receipt["started"], receipt["packet"]) == (False, None)
    assert f"`packetboat packet show {receipt['packet_id']}`" in done.err


def test_a_packet_is_shown_whatever_the_name_of_its_file(shell, clinic, file):
    name = "[red]to [bold]send[] today.csv"
    receipt = json.loads(shell("packet", "send", file(name=name), *clinic, "--json").out)
    done = shell("packet", "show", receipt["packet_id"])
    assert (done.code, done.err) == (0, "")
    assert done.out.startswith(f"{name} of ")


@pytest.mark.parametrize("command", [("show",), ("held",), ("rerun", "--from", "load")])
def test_an_unknown_packet_is_an_error(shell, command):
    name, *options = command
    done = shell("packet", name, NO_PACKET, *options)
    assert done.code == FAILED
    assert "no" in done.sentence
    assert shell("packet", name, "no-id", *options).code == USAGE


def test_an_unknown_step_is_wrong_usage(shell):
    done = shell("packet", "rerun", NO_PACKET, "--from", "polish")
    assert done.code == USAGE
    assert "'load', 'map_fields'" in done.err


def test_an_unreachable_sandbox_is_an_error(shell):
    done = shell("sandbox", "messages")
    assert done.code == FAILED
    assert "does not answer" in done.sentence


def test_an_unreachable_database_is_an_error(shell):
    done = shell(
        "packet", "show", NO_PACKET, PACKETBOAT_DATABASE_URL="postgresql://who:hidden@127.0.0.1:9/postgres"
    )
    assert done.code == FAILED
    assert 'server at "127.0.0.1", port 9 failed' in done.sentence
    assert "hidden" not in done.sentence


def test_a_home_where_nothing_was_started_is_an_error(bare_shell, tmp_path):
    done = bare_shell("packet", "show", NO_PACKET)
    assert done.code == FAILED
    assert f"PostgreSQL is not running in {tmp_path / 'home'}." in done.sentence


def commands(group=packetboat, path=()):
    """Every command with its path."""
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def test_an_option_has_the_same_meaning_in_every_command():
    helps: dict[str, set[str]] = {}
    for _, command in commands():
        for option in command.params:
            if isinstance(option, click.Option) and option.name in {"client", "campaign", "yes", "timeout"}:
                helps.setdefault(option.name, set()).add(option.help.partition(";")[0].rstrip("."))
    assert {name: len(texts) for name, texts in helps.items()} == dict.fromkeys(helps, 1)


@pytest.mark.parametrize(
    "group",
    [(), *((name,) for name in packetboat.commands if isinstance(packetboat.commands[name], click.Group))],
)
def test_no_line_in_the_lists_of_commands_is_truncated(bare_shell, group):
    done = bare_shell(*group, "--help")
    assert (done.code, done.err) == (0, "")
    assert "..." not in done.out.replace("[ARGS]...", "")
