"""More large packets than there are lanes keep nobody's packet from being prepared: the pools bound the work, not the number of runs (P9)."""

import csv
import io
from datetime import date, timedelta

import psycopg
import pytest
from sqlalchemy import make_url, text

from pipelines.actions.accounts.find import campaign_by_slug, client_by_slug
from pipelines.actions.packets.accept_packet import Submission, accept_packet
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.cli.demo import CAMPAIGN, CLIENT
from pipelines.cli.sample import HEADER
from pipelines.launcher.pools import pools
from pipelines.states import PREPARE_STEPS
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import eventually

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(600)]

PACKETS = 17  # one more than Airflow's default of active runs
DONE = text(
    "select count(*) from packet_step where packet_id = any(:ids) and step = :step and state = 'done'"
)
SETTLED = text("select count(*) from data_packet where id = any(:ids) and state = 'settled'")
AT_ONCE = text(
    """
    select max(beside.steps)
    from packet_step as one
    cross join lateral (
        select count(*) as steps
        from packet_step as other
        where
            other.packet_id = any(:ids) and other.step = any(:steps)
            and other.started_at <= one.started_at and other.ended_at > one.started_at
    ) as beside
    where one.packet_id = any(:ids) and one.step = any(:steps)
    """
)


@pytest.fixture
def lanes(system):
    """Sets how many lanes may run at once; afterwards as many as before."""
    address = make_url(system.server).set(drivername="postgresql", database="airflow")
    with psycopg.connect(address.render_as_string(hide_password=False), autocommit=True) as connection:

        def allow(slots):
            connection.execute("update slot_pool set slots = %s where pool = 'dispatch'", [slots])

        yield allow
        allow(pools()["dispatch"]["slots"])


def one_person(number):
    """A packet about a single person."""
    out, day = io.StringIO(), date.today() + timedelta(days=2)  # noqa: DTZ011 - it only has to be in the future
    rows = csv.writer(out)
    rows.writerow(HEADER)
    rows.writerow(
        [f"M-{number}", "Ada", "Stone", f"+161755501{number:02}", "", "en", day, "10:00", "Dr. Abel"]
    )
    return out.getvalue().encode()


def send(system, number):
    engine = system.packetboat.engine("app")
    client_id = client_by_slug(engine, CLIENT)
    campaign_id = campaign_by_slug(engine, client_id, CAMPAIGN)
    submission = Submission(client_id, campaign_id, f"many-{number}.csv", "cli", "test")
    return accept_packet(engine, system.settings, submission, io.BytesIO(one_person(number))).packet_id


def test_packets_are_prepared_while_all_lanes_are_taken(system, lanes):
    lanes(0)
    ids = [send(system, number) for number in range(PACKETS)]
    relay_outbox(system.packetboat.engine("app"), system.packetboat.airflow())

    def value(statement, **parameters):
        with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
            return uow.scalar(statement, {"ids": ids} | parameters)

    eventually(lambda: value(DONE, step="assemble") == PACKETS, within=240)
    assert value(DONE, step="dispatch") == 0
    lanes(pools()["dispatch"]["slots"])
    eventually(lambda: value(SETTLED) == PACKETS, within=240)
    assert value(AT_ONCE, steps=list(PREPARE_STEPS)) <= pools()["prepare"]["slots"]
    assert value(AT_ONCE, steps=["dispatch"]) <= pools()["dispatch"]["slots"]
