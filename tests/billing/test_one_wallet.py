"""Several processes use one wallet at once: nothing is sold twice, and the books balance."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import text

from pipelines.billing.proofs import differences
from tests.billing.paying import Paying

PROCESSES, PACKETS, MESSAGES, PRICE, CREDIT = 4, 6, 25, 2, 1_000


def in_a_process(order):
    done = subprocess.run(
        [sys.executable, "-m", "tests.billing.wallet_process"],
        input=json.dumps(order),
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_a_transaction_that_books_twice_does_not_come_back_for_an_account(database, tmp_path):
    """Its first journal changes neither what is free nor what is owed; the second does."""
    paying = Paying(database, tmp_path, credit=CREDIT)
    paying.people(2)
    paying.run()
    with ThreadPoolExecutor(1) as pool, paying.uow() as uow:
        uow.execute(text("set constraints book_journal immediate"))
        moved = "update message set state = :state where packet_id = :packet and row_no = :row"
        uow.execute(text(moved), {"packet": paying.packet, "state": "accepted", "row": 1})
        payment = pool.submit(paying.pay, 5)
        waits = text("select count(*) from pg_locks where not granted")
        while not uow.scalar(waits):
            assert not payment.done()
        uow.execute(text(moved), {"packet": paying.packet, "state": "failed", "row": 2})
        uow.commit()
        assert payment.result()
    assert paying.balances() == {"paid_in": -CREDIT - 5, "available": CREDIT + 3, "spent": 2}


def test_four_processes_on_one_wallet(database, tmp_path):
    """24 packets of 50 credits want 1,200 of 1,000, while released credit comes back."""
    paying = Paying(database, tmp_path, credit=CREDIT)
    packets = []
    for _ in range(PROCESSES * PACKETS):
        packets.append(paying.new_packet())
        paying.people(MESSAGES, packets[-1])
    url = paying.engine.url.render_as_string(hide_password=False)
    orders = [
        {
            "database": url, "client": str(paying.business.client_id), "home": str(tmp_path), "seed": number,
            "packets": [str(packet) for packet in packets[number::PROCESSES]],
        }
        for number in range(PROCESSES)
    ]  # fmt: skip
    with ThreadPoolExecutor(PROCESSES) as pool:
        outputs = list(pool.map(in_a_process, orders))
    reserved = sum(json.loads(output.splitlines()[-1])["reserved"] for output in outputs)
    assert reserved >= CREDIT // (MESSAGES * PRICE)
    balances = paying.balances()
    assert balances["paid_in"] == -CREDIT
    assert sum(balances.values()) == 0
    assert "owed" not in balances
    with paying.uow() as uow:
        assert differences(uow) == []
