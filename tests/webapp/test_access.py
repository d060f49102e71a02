"""Who sees what: without a log-in nothing, a client only its own packets, support all of them."""

from uuid import uuid4

import pytest
from flask import url_for
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import PASSWORD, log_in
from tests.webapp.stories import finished
from webapp.create_user import create_user
from webapp.fab.marks import PUBLIC, marked

PACKET_PAGES = [
    "",
    "/live",
    "/changes",
    "/held",
    "/held?code=duplicate",
    "/held.csv",
    "/messages",
    "/messages?show=sent",
    "/messages/7",
]


def addresses(app, *, method):
    """Every route of the portal with its parameters filled in."""
    parameters = {
        "packet_id": str(uuid4()),
        "run_id": "packet-x-r1",
        "step": "clean",
        "row_no": 1,
        "name": "twilio",
        "pk": 1,
        "filename": "x",
    }
    for rule in app.url_map.iter_rules():
        if method in rule.methods and rule.arguments <= parameters.keys():
            with app.test_request_context():
                yield rule, url_for(rule.endpoint, **{name: parameters[name] for name in rule.arguments})


def is_public(app, rule):
    return marked(app, rule.endpoint, PUBLIC)


def test_every_page_requires_a_log_in(app):
    anonymous = app.test_client()
    checked = 0
    for rule, address in addresses(app, method="GET"):
        if is_public(app, rule):
            continue
        answer = anonymous.get(address)
        assert answer.status_code == 302, rule
        assert answer.location.startswith("/login/?next="), rule
        checked += 1
    assert checked > 15


def test_only_these_pages_are_public(app):
    public = {rule.endpoint for rule, _ in addresses(app, method="GET") if is_public(app, rule)}
    assert public == {"static", "PortalAuthView.login"}


def test_every_post_without_a_token_is_refused(app, clinic):
    posts = list(addresses(app, method="POST"))
    assert len(posts) > 5
    for rule, address in posts:
        answer = clinic.person.browser.post(address, data={"username": "x"})
        assert answer.status_code == 400, rule
    assert clinic.person.get("/packets/").status_code == 200, (
        "still logged in: not even the log-out went through"
    )


@pytest.mark.parametrize("page", PACKET_PAGES)
def test_another_clients_packet_looks_like_one_that_does_not_exist(boat, clinic, other, page):
    theirs = finished(boat.engine("worker"), other.business, rows=50, held=5)
    never = clinic.person.get(f"/packets/{uuid4()}{page}")
    refused = clinic.person.get(f"/packets/{theirs}{page}")
    assert (refused.status_code, never.status_code) == (404, 404)
    assert without_token(refused.text) == without_token(never.text)
    with other.person.get(f"/packets/{theirs}{page}") as own:
        assert own.status_code == 200


def without_token(page):
    return [line for line in page.splitlines() if "csrf_token" not in line]


def test_the_list_shows_only_a_clients_own_packets(boat, clinic, other):
    ours, theirs = (
        str(finished(boat.engine("worker"), one.business, rows=9, held=1)) for one in (clinic, other)
    )
    for address in ("/packets/", "/packets/?show=finished", "/packets/?show=attention"):
        page = clinic.person.get(address).text
        assert ours in page
        assert theirs not in page
    assert clinic.person.get(f"/packets/?client={other.business.client_id}").status_code == 404


def test_a_run_of_another_client_is_not_found(boat, clinic, fresh):
    theirs = finished(boat.engine("worker"), fresh.business, rows=9, held=1)
    address = f"/packets/run/packet-told-{fresh.business.slug}"
    assert clinic.person.get(address).status_code == 404
    assert fresh.person.get(address).location == f"/packets/{theirs}"


def test_support_sees_every_client_and_can_look_at_one(boat, clinic, other, support):
    ours, theirs = (finished(boat.engine("worker"), one.business, rows=9, held=1) for one in (clinic, other))
    both = support.get("/packets/").text
    assert str(ours) in both
    assert str(theirs) in both
    one = support.get(f"/packets/?client={other.business.client_id}").text
    assert str(theirs) in one
    assert str(ours) not in one
    assert "Open the run in Airflow" in support.get(f"/packets/{ours}").text
    assert "Open the run in Airflow" not in clinic.person.get(f"/packets/{ours}").text


def test_a_client_may_not_rerun_steps(boat, clinic):
    ours = finished(boat.engine("worker"), clinic.business, rows=9, held=1)
    assert "Run again" not in clinic.person.get(f"/packets/{ours}").text
    assert clinic.person.get(f"/packets/{ours}/again/clean").status_code == 403
    assert clinic.person.post(f"/packets/{ours}/again/clean").status_code == 403


def test_support_may_not_send_files(support):
    assert support.get("/send/").status_code == 403
    assert "Send a file" not in support.get("/packets/").text


def test_a_log_in_without_a_client_sees_nothing_and_learns_why(app, boat, other):
    finished(boat.engine("worker"), other.business, rows=9, held=1)
    user = create_user(app, f"lost-{uuid4().hex[:8]}", PASSWORD, "client", other.business.slug)
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        name = uow.scalar(
            text("delete from client_member where user_id = :user returning user_id"), {"user": user}
        )
        uow.commit()
    assert name == user
    with boat.engine("app").connect() as connection:
        username = connection.scalar(text("select username from ab_user where id = :id"), {"id": user})
    page = log_in(app, username).get("/packets/").text
    assert "This log-in belongs to no client" in page


# Flask-AppBuilder's own forms.
@pytest.mark.filterwarnings("ignore:'DateTimeField' renders:DeprecationWarning")
@pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning")
def test_users_and_roles_are_for_admin(app, clinic, support):
    create_user(app, "the.admin", PASSWORD, "Admin")
    admin = log_in(app, "the.admin")
    for address in ("/users/list/", "/roles/list/", "/users/add"):
        assert admin.get(address).status_code == 200
        assert clinic.person.get(address).status_code == 403
        assert support.get(address).status_code == 403
