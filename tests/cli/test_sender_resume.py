"""`packetboat sender resume` lets e-mails go on that were stopped because of complaints."""

import json
from uuid import uuid4

from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork


def test_it_resumes_what_is_stopped_and_refuses_the_rest(shell, boat):
    slug = f"shop-{uuid4().hex[:8]}"
    assert shell("client", "add", "Corner Shop", "--slug", slug).code == 0
    address = f"{slug}@shop.example"
    shell("sender", "add", address, "--client", slug, "--channel", "email", "--provider", "mailgun")
    assert shell("sender", "resume", "--client", slug).sentence == (
        "This client’s e-mails are not stopped because of complaints."
    )
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        uow.execute(
            text(
                "insert into breaker (provider, channel, sender_id, state, reason, params, setbacks, retry_at)"
                " select provider, channel, id, 'open', 'complaints', '{\"complaints\": 7, \"sent\": 2000}', 0, 'infinity'"
                " from sender where address = :address"
            ),
            {"address": address},
        )
        uow.commit()
    held = [
        one["sentence"] for one in json.loads(shell("doctor", "--json").out) if one["matter"] == "breaker"
    ]
    (sentence,) = (one for one in held if slug in one)
    assert f"for e-mail from a sender of {slug} since" in sentence
    assert sentence.endswith(
        f"7 of 2,000 e-mails were marked as spam. Resume it with `packetboat sender resume --client {slug}`."
    )
    done = shell("sender", "resume", "--client", slug)
    assert done.out == (
        f"The e-mails of {slug} continue within a minute. Earlier complaints no longer count.\n"
    )
    assert shell("sender", "resume", "--client", slug).code == 1
