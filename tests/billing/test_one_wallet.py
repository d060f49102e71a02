"""Several processes use one wallet at once: nothing is sold twice, and the books balance."""

import json
import subprocess
import sys

from pipelines.billing.proofs import differences
from tests.billing.paying import Paying

PROCESSES, PACKETS, MESSAGES, PRICE, CREDIT = 4, 15, 10, 2, 1_000


def test_four_processes_on_one_wallet(database, tmp_path):
    """60 packets of 20 credits want 1,200 of 1,000, while released credit comes back."""
    paying = Paying(database, tmp_path, credit=CREDIT)
    packets = []
    for _ in range(PROCESSES * PACKETS):
        packets.append(paying.new_packet())
        paying.people(MESSAGES, packets[-1])
    url = paying.engine.url.render_as_string(hide_password=False)
    running = []
    for number in range(PROCESSES):
        order = {
            "database": url, "client": str(paying.business.client_id), "home": str(tmp_path), "seed": number,
            "packets": [str(packet) for packet in packets[number::PROCESSES]],
        }  # fmt: skip
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.billing.wallet_process"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        process.stdin.write(json.dumps(order))
        process.stdin.close()
        running.append(process)
    outputs = [process.stdout.read() for process in running]
    assert [process.wait(120) for process in running] == [0] * PROCESSES
    reserved = sum(json.loads(output.splitlines()[-1])["reserved"] for output in outputs)
    assert reserved >= CREDIT // (MESSAGES * PRICE)
    balances = paying.balances()
    assert balances["paid_in"] == -CREDIT
    assert sum(balances.values()) == 0
    assert "owed" not in balances
    with paying.uow() as uow:
        assert differences(uow) == []
