"""One dispatch lane as a process that a test may kill: reads what it needs as JSON from standard input, says what it did."""

import json
import sys
from uuid import UUID

from sqlalchemy import make_url

from pipelines import logs, steps
from pipelines.channels.lanes import Lane
from pipelines.errors import TryLater
from pipelines.settings import Settings
from pipelines.store.engine import engine

if __name__ == "__main__":
    logs.configure()  # to standard error: standard output is for the result
    order = json.load(sys.stdin)
    try:
        result = steps.run(
            "dispatch",
            UUID(order["packet"]),
            engine=engine(make_url(order["database"])),
            settings=Settings(_env_file=None, **order["settings"]),
            secrets=order["secrets"],
            lane=Lane.parse(order["lane"]),
        )
    except TryLater as later:
        sys.stdout.write(json.dumps({"later": later.code}))
    else:
        sys.stdout.write(json.dumps({"accepted": result.rows_out}))
