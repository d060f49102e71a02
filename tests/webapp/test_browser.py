"""The portal in a real browser: live updates, dropping a file, the width of a phone, the keyboard."""

import shutil
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import text
from werkzeug.serving import make_server

from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import PASSWORD
from tests.webapp.stories import (
    StoryStep,
    finished,
    tell_held,
    tell_messages,
    tell_packet,
    tell_steps,
    tell_undecided,
)
from webapp.app import create_app
from webapp.create_user import create_user

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        CHROMIUM is None,
        reason="NO BROWSER HERE: install Debian's chromium to test the portal as people see it",
    ),
]


# What a screen reader needs from a page, and the expected values.
BASICS = """() => ({
  language: document.documentElement.lang, titles: document.querySelectorAll("h1").length, mains: document.querySelectorAll("main").length,
  unnamed: [...document.querySelectorAll("a, button, input:not([type=hidden]), select, progress")].filter(e =>
    !(e.textContent.trim() || e.getAttribute("aria-label") || e.labels?.length)).map(e => e.outerHTML),
  speaking: [...document.querySelectorAll("svg")].filter(e => e.getAttribute("aria-hidden") !== "true").length,
  twice: [...document.querySelectorAll("[id]")].map(e => e.id).filter((id, place, all) => all.indexOf(id) !== place),
  headless: [...document.querySelectorAll("th")].filter(e => !e.scope).length,
})"""
SOUND = {"language": "en", "titles": 1, "mains": 1, "unnamed": [], "speaking": 0, "twice": [], "headless": 0}


@pytest.fixture(scope="module")
def address(boat):
    """The portal on its own port, with a thread per request."""
    server = make_server("127.0.0.1", 0, lambda _environ, _start: [], threaded=True)
    place = f"http://127.0.0.1:{server.port}"
    served = create_app(replace(boat, settings=boat.settings.model_copy(update={"public_url": place})))
    served.appbuilder.sm.limiter.enabled = False
    server.app = served
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield place
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="module")
def chromium():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def errors():
    """Errors that the browser reports: violations of the policy, failed requests, exceptions."""
    return []


@pytest.fixture
def page(chromium, address, clinic, errors):
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    new_page = context.new_page()
    new_page.set_default_timeout(10_000)
    new_page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    new_page.on("pageerror", lambda error: errors.append(str(error)))
    new_page.goto("/login/")
    new_page.fill("#username", clinic.person.username)
    new_page.fill("#password", PASSWORD)
    new_page.keyboard.press("Enter")
    new_page.wait_for_url("**/packets/")
    yield new_page
    context.close()


@pytest.fixture
def moving(boat, clinic):
    engine, business = boat.engine("worker"), clinic.business
    packet = tell_packet(engine, business, state="preparing")
    tell_steps(
        engine,
        business,
        packet,
        [
            StoryStep("load", 500, 500, 0, 1),
            StoryStep("clean", state="running", rows_done=50, rows_expected=500),
        ],
    )
    return packet


def change(boat, clinic, statement, **values):
    with UnitOfWork(boat.engine("worker"), clinic.business.client_id) as uow:
        uow.execute(text(statement), values)
        uow.commit()


def test_a_packet_page_updates_itself(boat, clinic, page, moving, errors):
    page.goto(f"/packets/{moving}")
    bar = page.locator("#step-clean progress")
    assert bar.get_attribute("value") == "50"
    page.evaluate("window.sameDocument = true")
    change(
        boat,
        clinic,
        "update packet_step set rows_done = 300 where packet_id = :id and step = 'clean'",
        id=moving,
    )
    page.locator('#step-clean progress[value="300"]').wait_for(timeout=2_000)
    tell_held(boat.engine("worker"), clinic.business, moving, 12)
    done = "update packet_step set state = 'done', ended_at = clock_timestamp(), rows_in = 500, rows_out = 488, rows_held = 12 where packet_id = :id and step = 'clean'"
    change(boat, clinic, done, id=moving)
    page.get_by_text("12 rows held for you").wait_for(timeout=2_000)
    assert page.locator("#step-clean.step-done").count() == 1
    total = "insert into packet_total (packet_id, client_id, rows_in, sent, failed, held, suppressed, expired, cancelled, waiting) values (:id, :client, 500, 488, 0, 12, 0, 0, 0, 0)"
    change(boat, clinic, total, id=moving, client=clinic.business.client_id)
    change(
        boat, clinic, "update data_packet set state = 'settled', settled_at = now() where id = :id", id=moving
    )
    page.get_by_text("488 of 500 rows").wait_for(timeout=3_000)
    assert page.locator("#live[data-changes]").count() == 0, "a finished packet is no longer watched"
    assert page.evaluate("window.sameDocument") is True, "and all of it without a reload"
    assert errors == []


def test_it_updates_without_the_stream_too(boat, clinic, page, moving):
    page.route("**/changes", lambda route: route.fulfill(status=503))
    page.goto(f"/packets/{moving}")
    change(
        boat,
        clinic,
        "update packet_step set rows_done = 450 where packet_id = :id and step = 'clean'",
        id=moving,
    )
    page.locator('#step-clean progress[value="450"]').wait_for(timeout=5_000)


def csv(folder, rows=30):
    file = Path(folder) / "people.csv"
    lines = [
        f"Maria,Lopez,+1 212 555 {number:04},maria{number}@example.com,2026-12-01"
        for number in range(100, 100 + rows)
    ]
    file.write_text("\n".join(["first_name,last_name,mobile,email,appointment_date", *lines]) + "\n")
    return file


def test_a_file_is_sent_and_its_receipt_shown(clinic, page, tmp_path, errors):
    page.goto("/send/")
    page.set_input_files("#file", csv(tmp_path, rows=31))
    assert "people.csv" in page.locator(".drop-words").inner_text()
    page.get_by_role("button", name="Send this file").click()
    page.wait_for_url("**/packets/*-*")
    assert "Your file arrived complete" in page.locator(".note").first.inner_text()
    assert page.get_by_role("heading", name="people.csv").count() == 1
    assert errors == []


def test_a_code_page_is_chosen_by_its_names_and_the_same_file_is_sent(page, tmp_path, errors):
    file = tmp_path / "people.csv"
    names = ["Иванова", "Петрова"]
    lines = [f"Анна,{name},+1 212 555 01{place:02},2026-12-01" for place, name in enumerate(names)]
    file.write_bytes("\n".join(["first_name,last_name,mobile,appointment_date", *lines, ""]).encode("koi8_r"))
    page.goto("/send/")
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Send this file").click()
    page.get_by_role("radio", name="Анна · Иванова · Петрова Cyrillic (KOI8-R)").check()
    assert page.locator("#file").evaluate("input => input.files.length") == 1
    page.get_by_role("button", name="Send this file").click()
    page.wait_for_url("**/packets/*-*")
    assert [line for line in errors if "422" not in line] == []


def test_a_refusal_is_shown_on_the_page_and_the_file_stays_chosen(page, tmp_path):
    page.goto("/send/")
    page.set_input_files("#file", csv(tmp_path, rows=32))
    page.get_by_text("Check that it arrives complete").click()
    page.fill("#digest", "0" * 32)
    page.get_by_role("button", name="Send this file").click()
    page.locator("#refusal").get_by_text("transmission was incomplete").wait_for()
    page.fill("#digest", "")
    page.get_by_role("button", name="Send this file").click()
    page.wait_for_url("**/packets/*-*")


def test_a_file_can_be_sent_without_javascript(chromium, address, clinic, tmp_path):
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login/")
    page.fill("#username", clinic.person.username)
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("link", name="Send a file").first.click()
    page.set_input_files("#file", csv(tmp_path, rows=33))
    page.get_by_role("button", name="Send this file").click()
    assert "Your file arrived complete" in page.locator(".note").first.inner_text()
    assert page.locator(".timeline li").count() == 7
    context.close()


def test_a_person_sets_a_new_password_and_logs_out_everywhere(app, address, chromium, errors):
    create_user(app, "maria.lopez", PASSWORD, "support", email="maria.lopez@example.com")
    context = chromium.new_context(base_url=address, viewport={"width": 1280, "height": 900})
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto("/login/")
    page.fill("#username", "maria.lopez")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.get_by_role("link", name="Your account").click()
    assert "Chrome on Linux" in page.locator("table").inner_text()
    page.get_by_role("link", name="Change your password").click()
    for current in ("not this one", PASSWORD):
        page.get_by_label("Your current password").fill(current)
        page.get_by_label("New password", exact=True).fill("long enough now")
        page.get_by_label("Repeat the new password").fill("long enough now")
        page.get_by_role("button", name="Set the new password").click()
        if current != PASSWORD:
            page.get_by_text("This is not your current password.").wait_for()
    page.get_by_text("A notice goes to your e-mail address.").wait_for()
    page.get_by_role("button", name="Log out everywhere").click()
    page.get_by_text("You are logged out everywhere.").wait_for()
    page.goto("/users/userinfo/")
    assert page.get_by_role("heading", name="Log in").count() == 1
    assert errors == []
    context.close()


def test_nothing_is_fetched_from_other_hosts(boat, clinic, page, address, moving):
    requested: set[str] = set()
    page.on("request", lambda request: requested.add(request.url))
    for path in (
        "/packets/",
        f"/packets/{moving}",
        f"/packets/{moving}/held",
        "/send/",
        "/users/userinfo/",
        "/resetmypassword/form",
    ):
        page.goto(path)
    assert len(requested) > 10
    assert [url for url in requested if not url.startswith((address, "data:"))] == []


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_page_fits_a_phone(boat, clinic, page, moving, scheme):
    page.set_viewport_size({"width": 390, "height": 844})
    page.emulate_media(color_scheme=scheme)
    packet = finished(boat.engine("worker"), clinic.business, rows=40, held=6)
    tell_messages(
        boat.engine("worker"), clinic.business, packet, "sms", {"delivered": 2}, "a long word " * 30
    )
    tell_messages(boat.engine("worker"), clinic.business, packet, "email", {"suppressed": 1})
    undecided = tell_packet(
        boat.engine("worker"), clinic.business, state="settled", total={"waiting": 2, "expired": 1}
    )
    tell_undecided(boat.engine("worker"), clinic.business, undecided, 2)
    for path in (
        "/packets/",
        f"/packets/{moving}",
        f"/packets/{packet}",
        f"/packets/{packet}/held",
        f"/packets/{packet}/messages",
        f"/packets/{packet}/messages/1",
        f"/packets/{packet}/messages/3",
        f"/missed/?packet={undecided}",
        "/missed/",
        "/replies/",
        "/send/",
        "/users/userinfo/",
        "/resetmypassword/form",
    ):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path


def test_the_keyboard_reaches_everything_and_shows_the_focus(page):
    page.goto("/packets/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    seen = set()
    for _ in range(12):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.textContent.trim()"))
        assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    assert {"Packets", "Send a file", "Your account", "Log out", "all packets"} <= seen


def test_the_basics_that_a_screen_reader_needs(boat, clinic, page, moving):
    packet = finished(boat.engine("worker"), clinic.business, rows=40, held=6)
    tell_messages(boat.engine("worker"), clinic.business, packet, "sms", {"delivered": 2})
    own = f"/packets/{packet}"
    for path in (
        "/packets/",
        f"/packets/{moving}",
        f"{own}/held",
        f"{own}/messages",
        f"{own}/messages/1",
        "/send/",
        "/users/userinfo/",
        "/resetmypassword/form",
    ):
        page.goto(path)
        assert page.evaluate(BASICS) == SOUND, path


@pytest.mark.filterwarnings("ignore:'DateTimeField' renders:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:The Query.get")
def test_the_administrators_pages_are_like_all_others(app, chromium, address, errors):
    """They fit a phone, work with a screen reader, and need no script."""
    user = create_user(app, "chief", PASSWORD, "Admin")
    with app.app_context():
        role = app.appbuilder.sm.find_role("client").id
    context = chromium.new_context(base_url=address, viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    page.goto("/login/")
    page.fill("#username", "chief")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url("**/packets/")
    for path in (
        "/users/list/", f"/users/show/{user}", f"/users/edit/{user}", "/users/add", f"/resetpassword/form?pk={user}",
        "/roles/list/", f"/roles/show/{role}", f"/roles/edit/{role}", "/groups/list/", "/userinfoeditview/form",
    ):  # fmt: skip
        assert page.goto(path).status == 200, path
        assert page.evaluate("document.documentElement.scrollWidth") <= 390, path
        assert page.evaluate(BASICS) == SOUND, path
    assert errors == []
    context.close()


@pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning")
def test_deleting_a_person_needs_a_second_click(app, chromium, address):
    create_user(app, "chief", PASSWORD, "Admin")
    user = create_user(app, "leaver", PASSWORD, "support")
    context = chromium.new_context(base_url=address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/login/")
    page.fill("#username", "chief")
    page.fill("#password", PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.goto(f"/users/show/{user}")
    assert not page.get_by_role("button", name="Delete it").is_visible()
    page.get_by_text("Delete…").click()
    page.get_by_role("button", name="Delete it").click()
    assert "Deleted." in page.locator(".note").first.inner_text()
    context.close()
