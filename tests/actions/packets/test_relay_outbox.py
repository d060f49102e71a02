"""The outbox: a promised start is delivered once, now or later, by any relay (docs/protocols.md#outbox)."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import text

from pipelines.actions.packets.relay_outbox import Relayed, relay_outbox
from pipelines.providers.airflow import Airflow
from pipelines.store.sqlfile import sql
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_packet
from tests.fixtures_sandbox import raw_server
from tests.providers.test_airflow import Scripted

__all__ = ["raw_server"]


@pytest.fixture
def app(database):
    return database.engine("app")


@pytest.fixture
def promise(app, business):
    def promise():
        packet = make_packet(app, business)
        with UnitOfWork(app, business.client_id) as uow:
            uow.execute(
                sql("actions/promise_start"),
                {
                    "client_id": business.client_id,
                    "packet_id": packet,
                    "run_id": f"packet-{packet}-r1",
                    "prepared": False,
                },
            )
            uow.commit()
        return packet

    return promise


@pytest.fixture
def outbox(app, business):
    def outbox(packet):
        with UnitOfWork(app, business.client_id) as uow:
            return uow.execute(
                text(
                    "select tries, last_error, delivered_at is not null as delivered,"
                    " extract(epoch from next_try_at - now()) as due_in from outbox where unique_key = :key"
                ),
                {"key": f"packet-{packet}-r1"},
            ).one()

    return outbox


@pytest.fixture
def airflow(raw_server):
    made = []

    def airflow(*answers):
        script = Scripted(*answers)
        made.append(Airflow(raw_server(script).url, "packetboat", "secret", timeout=2))
        return made[-1], script

    yield airflow
    for client in made:
        client.close()


@pytest.mark.parametrize("status", [200, 409])
def test_a_start_is_delivered_once(app, promise, outbox, airflow, status):
    packet = promise()
    door, script = airflow((status, {}))
    assert relay_outbox(app, door, packet_id=packet) == Relayed(1, 0)
    assert relay_outbox(app, door, packet_id=packet) == Relayed(0, 0)
    assert script.requests[-1][2] == {
        "dag_run_id": f"packet-{packet}-r1",
        "conf": {"packet_id": str(packet), "prepared": False},
        "logical_date": None,
    }
    assert outbox(packet).delivered


def test_airflow_away_delays_the_start_further_each_time(app, promise, outbox):
    packet = promise()
    nobody = Airflow("http://127.0.0.1:9", "a", "b", timeout=1)
    for tries, most in ((1, 2), (2, 4)):
        assert relay_outbox(app, nobody, packet_id=packet) == Relayed(0, 1)
        row = outbox(packet)
        assert (row.tries, row.last_error, row.delivered) == (tries, "airflow_away", False)
        assert most - 1 < row.due_in <= most
        with UnitOfWork(app, every_client=True) as uow:
            uow.execute(text("update outbox set next_try_at = now() where delivered_at is null"))
            uow.commit()
    nobody.close()


def test_airflow_away_is_found_out_once_for_all_promises(app, promise, outbox, raw_server):
    """A timeout of ten seconds for each of a hundred would block everything else for a quarter of an hour."""
    with UnitOfWork(app, every_client=True) as uow:  # what other tests have promised would be tried first
        uow.execute(text("update outbox set delivered_at = now() where delivered_at is null"))
        uow.commit()
    packets = [promise() for _ in range(5)]
    refusing = raw_server(lambda connection: connection.close())
    door = Airflow(refusing.url, "a", "b", timeout=1)
    relayed = relay_outbox(app, door)
    door.close()
    assert relayed.delivered == 0
    assert relayed.waiting >= len(packets)
    assert len(refusing.connections) == 1
    rows = [outbox(packet) for packet in packets]
    assert {row.last_error for row in rows} == {"airflow_away"}
    assert sorted(row.tries for row in rows)[-2:] in ([0, 0], [0, 1]), "what was not tried counts no try"
    assert sum(row.due_in <= 0 for row in rows) >= len(packets) - 1, "and is due as before"


def test_a_promise_that_airflow_refuses_does_not_hold_up_the_others(app, promise, outbox, airflow):
    packets = [promise() for _ in range(3)]
    with UnitOfWork(app, every_client=True) as uow:
        uow.execute(
            text("delete from outbox where payload ->> 'packet_id' <> all(:ours)"),
            {"ours": [str(packet) for packet in packets]},
        )
        uow.commit()
    door, _ = airflow((400, {}), (200, {}), (200, {}))
    assert relay_outbox(app, door) == Relayed(2, 1)


def test_what_is_not_due_is_left_alone(app, promise, airflow):
    packet = promise()
    with UnitOfWork(app, every_client=True) as uow:
        uow.execute(
            text("update outbox set next_try_at = now() + interval '1 minute' where delivered_at is null")
        )
        uow.commit()
    door, script = airflow()
    assert relay_outbox(app, door, packet_id=packet) == Relayed(0, 0)
    assert script.requests == []


def test_relays_at_once_share_the_work(app, promise, airflow):
    packets = [promise() for _ in range(6)]
    door, script = airflow(*[(200, {})] * 60)
    together = threading.Barrier(3)

    def relay(_):
        together.wait()
        return relay_outbox(app, door).delivered

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(relay, range(3)))
    run_ids = [body["dag_run_id"] for _, path, body, _ in script.requests if path.endswith("dagRuns")]
    assert [run_ids.count(f"packet-{packet}-r1") for packet in packets] == [1] * 6
