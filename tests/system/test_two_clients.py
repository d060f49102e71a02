"""Packets of two clients at once: no role, query or page of one sees a row of the other."""

import json
from datetime import date

import pytest
from sqlalchemy import text

from pipelines.actions.accounts.create_client import create_client
from pipelines.actions.sending.countries import allow_countries
from pipelines.cli.demo import CAMPAIGN, make_campaign
from pipelines.cli.log_ins import make_log_in
from pipelines.cli.sample import sample_packet
from pipelines.store.unit_of_work import UnitOfWork

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(600)]

SLUGS = ("north-dental", "south-dental")
ROWS = {"north-dental": 120, "south-dental": 200}
PASSWORD = "a password for these tests"
TENANT_TABLES = """
select table_name from information_schema.columns
where table_schema = 'packetboat' and column_name = 'client_id' order by 1
"""


def make_practice(system, slug):
    engine = system.packetboat.engine("app")
    client_id = create_client(
        engine, system.settings, slug=slug, name=slug.title(), time_zone="America/New_York"
    )
    make_campaign(engine, client_id)
    allow_countries(engine, client_id, ["CA"])  # where the sample's French speakers live
    make_log_in(system.packetboat, slug, "client", PASSWORD, slug)
    return client_id


@pytest.fixture(scope="module")
def practices(system):
    """The ids of two clients, each with campaigns of the same name and a log-in."""
    return {slug: make_practice(system, slug) for slug in SLUGS}


@pytest.fixture(scope="module")
def stories(practices, start_command, tmp_path_factory):
    """The packets of both, sent at the same moment, with partly the same people."""
    folder = tmp_path_factory.mktemp("two")
    lines = sample_packet(date.today()).splitlines(keepends=True)  # noqa: DTZ011 - the appointments only have to be in the future
    running = {}
    for slug in practices:
        path = folder / f"{slug}.csv"
        path.write_bytes(b"".join(lines[: ROWS[slug] + 1]))
        running[slug] = start_command(
            "packet", "send", str(path), "--client", slug, "--campaign", CAMPAIGN, "--wait", "--json"
        )
    outputs = {slug: process.communicate(timeout=240) for slug, process in running.items()}
    assert [process.returncode for process in running.values()] == [0, 0], outputs
    return {slug: json.loads(out) for slug, (out, _) in outputs.items()}


def other(slug):
    return next(name for name in SLUGS if name != slug)


@pytest.mark.parametrize("slug", SLUGS)
def test_each_packet_accounts_for_its_own_rows(stories, slug):
    balance = stories[slug]["packet"]["balance"]
    assert balance["rows_in"] == ROWS[slug]
    assert sum(part["rows"] for part in balance["parts"]) == ROWS[slug]


def test_the_two_ran_concurrently(system, stories):
    with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
        spans = uow.all(
            text(
                "select min(started_at) as began, max(ended_at) as ended from packet_step"
                " where packet_id = any(cast(:packets as uuid[])) group by packet_id"
            ),
            {"packets": [story["packet_id"] for story in stories.values()]},
        )
    assert max(span.began for span in spans) < min(span.ended for span in spans)


@pytest.mark.parametrize("role", ["app", "worker"])
@pytest.mark.parametrize("slug", SLUGS)
def test_no_query_of_one_sees_a_row_of_the_other(system, practices, stories, slug, role):
    with UnitOfWork(system.packetboat.engine(role), practices[slug]) as uow:
        tables = [row.table_name for row in uow.all(text(TENANT_TABLES))]
        assert {"data_packet", "data_packet_row", "held_row", "message", "packet_step"} <= set(tables)
        seen = {
            table: uow.one(
                text(
                    "select count(*) filter (where client_id = :own) as own,"
                    f" count(*) filter (where client_id is distinct from :own) as foreign from {table}"
                ),
                {"own": practices[slug]},
            )
            for table in tables
        }
    assert {table: row.foreign for table, row in seen.items() if row.foreign} == {}
    assert seen["data_packet"].own == 1
    assert seen["data_packet_row"].own == ROWS[slug]
    assert seen["message"].own > ROWS[slug] // 2


@pytest.mark.parametrize("role", ["app", "worker"])
def test_a_query_without_a_client_sees_nothing(system, stories, role):
    with system.packetboat.engine(role).connect() as connection:
        assert connection.scalar(text("select count(*) from message")) == 0
        assert connection.scalar(text("select count(*) from data_packet")) == 0


@pytest.mark.parametrize("slug", SLUGS)
def test_no_page_of_one_shows_the_packet_of_the_other(log_in, stories, slug):
    person = log_in(slug, PASSWORD)
    own, foreign = stories[slug]["packet_id"], stories[other(slug)]["packet_id"]
    listed = person.get("/packets/").text
    assert own in listed
    assert foreign not in listed
    for page in ("", "/live", "/changes", "/held", "/held.csv"):
        assert person.get(f"/packets/{foreign}{page}").status_code == 404, page
    assert person.get(f"/packets/{own}").status_code == 200
    assert person.get(f"/packets/{own}/held.csv").status_code == 200


def test_the_sandbox_received_what_each_client_wrote(system, journal, practices, stories):
    """The same people are in both files: each got one message from each client."""
    received = {entry["attempt"]: entry for entry in journal()}
    for client_id in practices.values():
        with UnitOfWork(system.packetboat.engine("worker"), client_id) as uow:
            rows = uow.all(
                text(
                    "select attempt.id::text as attempt, address, body, message.id as message"
                    " from attempt join message on message.id = message_id"
                    " join provider_call on provider_call.id = call_id and provider_call.state = 'accepted'"
                )
            )
            tried = uow.scalar(text("select count(distinct message_id) from attempt"))
        assert {(row.address, row.body) for row in rows} == {
            (received[row.attempt]["to"], received[row.attempt]["content"]["body"]) for row in rows
        }
        assert len(rows) == len({row.message for row in rows}) == tried
