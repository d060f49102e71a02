"""The packet list: newest first, a page at a time, filters that read as a sentence, an empty state with the first action."""

import re
from datetime import UTC, datetime, timedelta

from pipelines.reports.packets import PAGE
from tests.webapp.stories import StoryStep, tell_packet, tell_steps


def files_in(page):
    return re.findall(r"day-(\d+)\.csv</a>", page)


def test_a_new_client_learns_what_to_do_first(fresh):
    page = fresh.person.get("/packets/").text
    assert "No packet yet" in page
    assert 'href="/send/"' in page


def test_paging_has_no_gap_and_no_repeat(boat, fresh):
    for day in range(PAGE * 2 + 3):
        tell_packet(
            boat.engine("worker"),
            fresh.business,
            state="settled",
            file_name=f"day-{day}.csv",
            total={"sent": 5},
        )
    seen, address = [], "/packets/"
    while address:
        page = fresh.person.get(address).text
        seen += files_in(page)
        older = re.search(r'href="([^"]+)">Older packets', page)
        address = older and older[1].replace("&amp;", "&")
    assert seen == [str(day) for day in reversed(range(PAGE * 2 + 3))]


def test_each_filter_shows_its_packets(boat, fresh):
    engine, business = boat.engine("worker"), fresh.business
    packets = {
        "1": ("received", None),
        "2": ("sending", None),
        "3": ("settled", {"sent": 4}),
        "4": ("settled", {"sent": 3, "held": 1}),
        "5": ("stopped", None),
        "6": ("refused", None),
    }
    for name, (state, total) in packets.items():
        problem = "Something to do." if state in ("stopped", "refused") else None
        tell_packet(engine, business, state=state, file_name=f"day-{name}.csv", total=total, problem=problem)
    shown = {
        word: files_in(fresh.person.get(f"/packets/?show={word}").text)
        for word in ("all", "moving", "attention", "finished", "nonsense")
    }
    assert shown["all"] == shown["nonsense"] == ["6", "5", "4", "3", "2", "1"]
    assert shown["moving"] == ["2", "1"]
    assert shown["attention"] == ["6", "5", "4"]
    assert shown["finished"] == ["4", "3"]
    assert (
        "No packets match"
        in fresh.person.get(f"/packets/?show=moving&before={'0' * 8}-0000-0000-0000-000000000000").text
    )


def test_an_unfinished_packet_shows_how_many_of_how_many(boat, fresh):
    engine, business = boat.engine("worker"), fresh.business
    packet = tell_packet(engine, business, state="sending", file_name="day-1.csv")
    tell_steps(engine, business, packet, [
        StoryStep("load", 1000, 1000, 0, 1),
        StoryStep("clean", 1000, 900, 100, 1),
        StoryStep("clean", 1000, 962, 38, 1, attempt=2),
        StoryStep("dispatch", lane="sms lane 1", state="running", rows_done=400, rows_expected=962),
    ])  # fmt: skip
    page = fresh.person.get("/packets/").text
    assert re.search(r'>400</a> <span class="soft">of 1,000</span>', page)
    assert re.search(r'class="count-needs"[^>]*>38<', page), "the last attempt counts, not the first"


def test_times_are_in_the_clients_zone_with_distance(boat, fresh):
    received = datetime.now(UTC) - timedelta(hours=2)
    tell_packet(boat.engine("worker"), fresh.business, state="received", received=received)
    page = fresh.person.get("/packets/").text
    assert re.search(r"\d\d:\d\d E[SD]T", page)
    assert "2 hours ago" in page


def test_a_malformed_address_is_not_found(fresh):
    assert fresh.person.get("/packets/?before=yesterday").status_code == 404
    assert fresh.person.get("/packets/not-a-packet").status_code == 404
