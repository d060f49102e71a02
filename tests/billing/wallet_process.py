"""A process that assembles packets of a client and moves their messages, beside others on the same wallet; see test_one_wallet.py."""

import json
import random
import sys
from uuid import UUID

from sqlalchemy import make_url, text

from pipelines import steps
from pipelines.settings import Settings
from pipelines.store.engine import engine
from pipelines.store.unit_of_work import UnitOfWork

ENDS = ("accepted", "failed", "expired", "cancelled", "unknown")

if __name__ == "__main__":
    order = json.load(sys.stdin)
    worker, dice = engine(make_url(order["database"])), random.Random(order["seed"])
    settings = Settings(_env_file=None, home=order["home"])
    reserved = 0
    for packet in map(UUID, order["packets"]):
        steps.run("assemble", packet, engine=worker, settings=settings, secrets={})
        with UnitOfWork(worker, UUID(order["client"])) as uow:
            state = uow.scalar(text("select state from packet_charge where packet_id = :p"), {"p": packet})
            reserved += state == "reserved"
        if state != "reserved":
            continue
        for row in (1, 2, 3):
            with UnitOfWork(worker, UUID(order["client"])) as uow:
                uow.execute(
                    text("update message set state = :state where packet_id = :p and row_no = :row"),
                    {"state": dice.choice(ENDS), "p": packet, "row": row},
                )
                uow.commit()
    sys.stdout.write(json.dumps({"reserved": reserved}))
