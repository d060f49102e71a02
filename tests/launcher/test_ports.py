import socket

import pytest

from pipelines.launcher.ports import claimed_ports, reachable_host
from pipelines.settings import Settings

FIRST = 16700


def settings(**ports):
    preferred = {"portal_port": FIRST, "sandbox_port": FIRST + 1, "airflow_port": FIRST + 2} | ports
    return Settings(_env_file=None, **preferred)


def test_free_ports_are_used_as_configured():
    with claimed_ports(settings()) as ports:
        assert (ports.portal, ports.sandbox, ports.airflow) == (FIRST, FIRST + 1, FIRST + 2)


def test_a_replaced_port_does_not_take_another_services_port():
    with socket.create_server(("127.0.0.1", FIRST)), claimed_ports(settings()) as ports:
        assert (ports.portal, ports.sandbox, ports.airflow) == (FIRST + 3, FIRST + 1, FIRST + 2)


def test_the_same_port_configured_twice_gives_two_ports():
    with claimed_ports(settings(sandbox_port=FIRST)) as ports:
        assert len({ports.portal, ports.sandbox, ports.airflow}) == 3


def test_two_launchers_never_choose_the_same_port_even_before_they_listen():
    with claimed_ports(settings()) as one, claimed_ports(settings()) as other:
        assert {one.portal, one.sandbox, one.airflow}.isdisjoint({other.portal, other.sandbox, other.airflow})
    with claimed_ports(settings()) as later:
        assert later == one


@pytest.mark.parametrize(
    ("host", "reached"), [("0.0.0.0", "127.0.0.1"), ("::", "127.0.0.1"), ("10.0.0.7", "10.0.0.7")]
)
def test_a_service_on_all_interfaces_is_reached_by_loopback(host, reached):
    assert reachable_host(Settings(_env_file=None, host=host)) == reached
