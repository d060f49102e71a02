"""The page of a packet: timeline, totals, reasons, receipt, and the stream that announces changes."""

import re
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.billing.wallet import book
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.stories import (
    StoryStep,
    finished,
    tell_held,
    tell_messages,
    tell_packet,
    tell_quality,
    tell_steps,
)
from webapp.areas.packets import packet as packet_view


@pytest.fixture
def moving(boat, clinic):
    """A packet of 1,000 rows that is being sent, 38 of them held."""
    engine, business = boat.engine("worker"), clinic.business
    packet = tell_packet(engine, business, state="sending")
    prepared = [
        StoryStep("load", 1000, 1000, 0, 1),
        StoryStep("map_fields", 1000, 1000, 0, 1),
        StoryStep("clean", 1000, 962, 38, 1),
    ]
    rest = [StoryStep("check", 962, 962, 0, 1), StoryStep("assemble", 962, 962, 0, 1)]
    lanes = [
        StoryStep("dispatch", lane="sms lane 1", state="running", rows_done=400, rows_expected=662),
        StoryStep("dispatch", 300, 300, 0, 1, lane="e-mail lane 1"),
    ]
    tell_steps(engine, business, packet, [*prepared, *rest, *lanes])
    tell_held(engine, business, packet, 38)
    return packet


def terms(page):
    """The sum as the page shows it: the whole, and its parts by name."""
    whole = re.search(r'class="sum"><strong>([\d,]+) rows?', page)[1]
    parts = re.findall(r"<dt>([^<]+)</dt>\s*<dd>(?:<a[^>]*>)?([\d,]+)", page)
    return int(whole.replace(",", "")), {
        name: int(rows.replace(",", "")) for name, rows in parts if rows.replace(",", "").isdigit()
    }


def test_the_rows_of_a_moving_packet_add_up(clinic, moving):
    whole, parts = terms(clinic.person.get(f"/packets/{moving}").text)
    assert whole == 1000
    assert parts == {"sent": 700, "held": 38, "waiting": 262}


def test_the_rows_of_a_finished_packet_add_up(boat, clinic):
    packet = finished(boat.engine("worker"), clinic.business)
    page = clinic.person.get(f"/packets/{packet}").text
    whole, parts = terms(page)
    assert whole == 1000 == sum(parts.values())
    assert parts == {
        "sent": 959,
        "refused by the provider": 2,
        "held": 38,
        "opted out": 1,
    }
    assert "<strong>959 of 1,000 rows</strong>" in page


@pytest.mark.parametrize(
    ("total", "recount", "title"),
    [
        (10, False, "Every cent accounted for"),
        (11, False, "The money does not add up"),
        (10, True, "The money does not add up"),
    ],
)
def test_the_bill_says_whether_it_adds_up(boat, clinic, total, recount, title):
    packet, client = finished(boat.engine("worker"), clinic.business), clinic.business.client_id
    with UnitOfWork(boat.engine("worker"), client) as uow:
        book(uow, client, "top_up", f"top_up:{packet}", "USD", paid_minor=10)
        book(uow, client, "reserve", f"reserve:{packet}:1", "USD", packet_id=packet, reserved_minor=10)
        charge = "insert into packet_charge (packet_id, client_id, price_list_id, currency, state, messages, total_minor, likely_low_minor, likely_high_minor)"
        values = " values (:packet, :client, uuidv7(), 'USD', 'reserved', 5, :total, 10, 10)"
        uow.execute(text(charge + values), {"packet": packet, "client": client, "total": total})
        if recount:
            alarm = "insert into packet_alarm (packet_id, client_id, code, cases) values (:packet, :client, 'money_differs', 1)"
            uow.execute(text(alarm), {"packet": packet, "client": client})
        uow.commit()
    page = clinic.person.get(f"/packets/{packet}").text
    assert f">{title}</h2>" in page
    assert ("contradict each other" in page) == (total == 11)
    assert page.count("≠") == (2 if total == 11 else 0)
    assert ("A recount of the messages gives a different amount." in page) == recount


def test_a_step_shows_its_mark_time_and_rows(clinic, moving):
    page = clinic.person.get(f"/packets/{moving}").text
    steps = dict(
        re.findall(
            r'<li class="step step-(?:\w+)" id="step-(\w+)">(.*?)</li>\s*(?=<li class="step|</ol>)',
            page,
            re.DOTALL,
        )
    )
    assert list(steps) == ["load", "map_fields", "clean", "check", "assemble", "dispatch", "settle"]
    assert "mark-done" in steps["clean"]
    assert "38 held" in steps["clean"]
    assert '<progress value="700" max="962"' in steps["dispatch"]
    assert "sms lane 1" in steps["dispatch"]
    assert "mark-waiting" in steps["settle"]


def test_a_stopped_packet_says_why_and_what_to_do(boat, clinic):
    engine, business = boat.engine("worker"), clinic.business
    packet = tell_packet(
        engine, business, state="stopped", problem="The column Mobile holds no phone numbers. Correct it."
    )
    tell_steps(
        engine,
        business,
        packet,
        [
            StoryStep("load", 9, 9, 0, 1),
            StoryStep("check", None, None, None, 1, state="failed", error="61% are held."),
        ],
    )
    page = clinic.person.get(f"/packets/{packet}").text
    assert "The column Mobile holds no phone numbers. Correct it." in page
    assert "61% are held." in page
    assert "mark-needs" in page
    assert "data-changes" not in page, "nothing changes, so the page does not listen"


def test_what_the_providers_report_is_counted(boat, clinic):
    packet = finished(boat.engine("worker"), clinic.business, rows=20, held=2)
    tell_messages(
        boat.engine("worker"),
        clinic.business,
        packet,
        "sms",
        {"delivered": 7, "sent": 2, "undelivered": 1, "failed": 2, "unknown": 3},
    )
    page = clinic.person.get(f"/packets/{packet}").text
    deliveries = page.split("What the providers report")[1].split("</section>")[0]
    assert "SMS: 7 of 10 delivered, 1 not delivered, 3 unknown: the provider may have them" in " ".join(
        re.sub("<[^>]+>", "", deliveries).split()
    )


@pytest.mark.parametrize(("past", "verdict"), [(12, "Passed"), (112, "Stopped the packet")])
def test_the_quality_check_is_shown_with_its_counts(boat, clinic, past, verdict):
    packet = tell_packet(
        boat.engine("worker"), clinic.business, state="settled" if verdict == "Passed" else "stopped"
    )
    assert "Quality check" not in clinic.person.get(f"/packets/{packet}").text
    tell_quality(boat.engine("worker"), clinic.business, packet, past=past, allowed=0.05)
    card = clinic.person.get(f"/packets/{packet}").text.split('id="quality-title"')[1].split("</section>")[0]
    assert verdict in card
    assert "10 of 1,000 rows held; at most 500 may be" in card
    assert f"{past} of 990 rows in the past; at most 49 may be" in card
    assert card.count('class="mark mark-needs"') == (0 if verdict == "Passed" else 2)
    fields = " ".join(re.sub("<[^>]+>", " ", card.split("What the fields look like")[1]).split())
    assert "Counted over 990 usable rows." in fields
    assert fields.endswith("mobile number 985 970 640 10 12 +9 985")


def test_the_receipt_holds_both_digests(boat, clinic):
    packet = tell_packet(boat.engine("worker"), clinic.business, state="received", content=b"told")
    page = clinic.person.get(f"/packets/{packet}").text
    assert "bf29e10e56a46aa1e5a0ec1b85ca80bb" in page or re.search(r'class="mono">[0-9a-f]{32}<', page)
    assert re.search(r'class="mono">[0-9a-f]{64}<', page)
    assert "Your file arrived complete" in page


def test_the_live_part_is_served_alone(clinic, moving):
    piece = clinic.person.get(f"/packets/{moving}/live", headers={"HX-Request": "true"}).text
    assert piece.lstrip().startswith('<div id="live"')
    assert "<html" not in piece


def read_versions(answer, count):
    versions = []
    for piece in answer.response:
        versions += re.findall(r"data: (.+)", piece.decode() if isinstance(piece, bytes) else piece)
        if len(versions) >= count:
            return versions
    return versions


def test_the_stream_announces_a_change(boat, clinic, moving):
    answer = clinic.person.get(f"/packets/{moving}/changes", buffered=False)
    assert answer.mimetype == "text/event-stream"
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(
            text(
                "update packet_step set rows_done = rows_done + 100 where packet_id = :id and state = 'running'"
            ),
            {"id": moving},
        )
        uow.commit()
    first, second = read_versions(answer, 2)
    answer.close()
    assert first != second


def test_too_many_watchers_get_503_and_must_poll(clinic, moving):
    taken = 0
    while packet_view.STREAMS.acquire(blocking=False):
        taken += 1
    try:
        assert clinic.person.get(f"/packets/{moving}/changes").status_code == 503
    finally:
        for _ in range(taken):
            packet_view.STREAMS.release()


def test_a_closed_stream_releases_its_place(clinic, moving):
    for _ in range(40):
        answer = clinic.person.get(f"/packets/{moving}/changes", buffered=False)
        assert answer.status_code == 200
        answer.close()


def test_the_stream_needs_a_log_in(app, moving):
    anonymous = app.test_client()
    assert (
        anonymous.get(f"/packets/{moving}/changes", headers={"Accept": "text/event-stream"}).status_code
        == 401
    )
    piece = anonymous.get(f"/packets/{moving}/live", headers={"HX-Request": "true"})
    assert piece.status_code == 401
    assert piece.headers["HX-Refresh"] == "true"


FRAMED = "frame-ancestors http://127.0.0.1:9 http://localhost:9"


def test_airflow_may_frame_the_read_only_pages_of_a_packet_and_nothing_else(boat, support, clinic):
    packet = finished(boat.engine("worker"), clinic.business, rows=9, held=1)
    redirect = support.get(f"/packets/run/packet-told-{clinic.business.slug}?framed=1")
    assert redirect.location.endswith("?framed=1")
    seen, unseen = set(), [f"/packets/{packet}?framed=1"]
    while unseen:
        address = unseen.pop()
        seen.add(address)
        framed = support.get(address)
        assert FRAMED in framed.headers["Content-Security-Policy"], address
        body = re.search(r"<main.*</main>", framed.text, re.DOTALL)[0]
        assert "<form" not in body, "nothing to click by accident"
        links = {
            link.replace("&amp;", "&")
            for link in re.findall(r'href="(/[^"#]+)"', body)
            if "/assets/" not in link
        }
        unseen += links - seen - set(unseen)
    assert len(seen) >= 6, "its rows and messages open inside the frame, and links never leave it"
    assert "frame-ancestors 'none'" in support.get(f"/packets/{packet}").headers["Content-Security-Policy"]
    for other in ("/packets/", "/users/userinfo/", f"/packets/{packet}/again/clean"):
        policy = support.get(f"{other}?framed=1").headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in policy


def test_the_frame_says_where_the_portal_is(boat, support, clinic, app):
    packet = finished(boat.engine("worker"), clinic.business, rows=9, held=1)
    assert f"/packets/{packet}</code>" in support.get(f"/packets/{packet}?framed=1").text
    out = app.test_client().get(f"/packets/run/{uuid4()}?framed=1")
    assert "You are not logged in" in out.text
    assert '<code class="address">http' in out.text
    assert FRAMED in out.headers["Content-Security-Policy"]
