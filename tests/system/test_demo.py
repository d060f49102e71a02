"""The demo's story from the first line to the last, on the running system (R17, R21, R48)."""

import io
import re

import pytest
from rich.console import Console
from sqlalchemy import text

from pipelines.actions.sending.add_sender import add_sender
from pipelines.cli.demo import clinic, show
from pipelines.cli.demo_story import FIRST
from pipelines.cli.sample import ROWS
from pipelines.store.unit_of_work import UnitOfWork

pytestmark = [pytest.mark.system, pytest.mark.xdist_group("system"), pytest.mark.timeout(600)]

SLUG = "demo-clinic"
# What it says, in this order.
LINES = re.compile(
    r"""
    Packet\ (?P<packet>[0-9a-f-]{36}):
    .*This\ packet\ has\ been\ paused\ since
    .*Expected\ when\ the\ messages\ were\ assembled:\ \$\d
    .*Sending\ begins
    .*This\ packet\ has\ been\ paused\ since
    .*The\ sandbox\ has\ (?P<out>[\d,]+)\ messages;\ (?P<waiting>[\d,]+)\ wait\.
    .*Resumed\.
    .*The\ sandbox\ accepted\ (?P<all>[\d,]+)\ messages,\ as\ many\ as\ were\ sent
    .*2\ people\ answer:\ C\ and\ STOP\.
    .*confirms:\ 1
    .*wants\ no\ more\ messages:\ 1
    .*Nothing\ more\ is\ sent\ to\ (?P<stopped>\+\d+):\ opted\ out\.
    .*The\ bill:\ \$\d
    .*The\ ledger\ adds\ up\.
    """,
    re.VERBOSE | re.DOTALL | re.IGNORECASE,
)
# The second pause of the packet, and the calls before, during and after it. A call may begin in the moment in which the pause is made.
CALLS = text(
    """
    select
        count(*) filter (where call.begun_at < pause.begun_at) as before,
        count(*) filter (where call.begun_at between pause.begun_at + interval '1 second' and pause.ended_at) as during,
        count(*) filter (where call.begun_at > pause.ended_at) as after
    from provider_call as call
    cross join (
        select begun_at, ended_at from pause where packet_id = :packet order by begun_at desc limit 1
    ) as pause
    where call.packet_id = :packet
    """
)


@pytest.fixture(scope="module")
def told(system):
    """The packet of the demo, and what it said. Its client has a number of its own: those of other tests write to the same people."""
    client_id = clinic(system, SLUG)
    engine = system.packetboat.engine("app")
    add_sender(engine, client_id=client_id, channel="sms", provider="twilio", address="+12025550199")
    console = Console(file=io.StringIO(), width=300, color_system=None)
    packet_id = show(system, console, SLUG)
    return packet_id, console.file.getvalue()


def number(found, name):
    return int(found[name].replace(",", ""))


def test_it_tells_everything_in_order(told):
    packet_id, lines = told
    found = LINES.search(lines)
    assert found, lines
    assert found["packet"] == str(packet_id)
    out, waiting, everybody = (number(found, name) for name in ("out", "waiting", "all"))
    assert FIRST <= out < everybody <= ROWS
    assert out + waiting == everybody


def test_the_packet_was_paused_while_it_was_under_way(system, told):
    with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
        calls = uow.one(CALLS, {"packet": told[0]})
    assert calls.before > 0
    assert calls.during == 0
    assert calls.after > 0
