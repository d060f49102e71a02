"""The rail: the entries of Flask-AppBuilder's menu that a person may see, and never more than six."""

import re

import pytest
from flask import g
from flask_login import login_user
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import PASSWORD, log_in
from webapp.create_user import create_user
from webapp.fab.menu import MAX_ENTRIES, rail

# The entries that are always there; a report adds its own.
KNOWN = {"Packets", "Send a file", "Team", "People", "Roles", "Groups", "Your account"}


def titles(page):
    """The known entries of the rail, in its order."""
    rail = page.text.split("<nav", 1)[1].split("</nav>", 1)[0]
    return [title for title in re.findall(r"<span>([^<]+)</span>", rail) if title in KNOWN]


@pytest.fixture(scope="module")
def admin(app):
    create_user(app, "the.admin", PASSWORD, "Admin")
    return log_in(app, "the.admin")


def test_people_see_the_entries_of_their_role(clinic, support, admin):
    assert titles(clinic.person.get("/packets/")) == ["Packets", "Send a file", "Your account"]
    assert titles(support.get("/packets/")) == ["Packets", "Your account"]
    assert titles(admin.get("/packets/")) == ["Packets", "Team", "Your account"]


def test_a_category_opens_on_its_pages(admin):
    assert titles(admin.get("/roles/list/")) == [
        "Packets",
        "Team",
        "People",
        "Roles",
        "Groups",
        "Your account",
    ]


def test_a_client_sees_its_balance_below_the_rail(boat, fresh, support):
    assert "Balance" not in fresh.person.get("/packets/").text
    with UnitOfWork(boat.engine("app"), fresh.business.client_id) as uow:
        uow.execute(
            text(
                "insert into account (client_id, kind, currency, balance_minor) values (:id, 'available', 'EUR', 1234)"
            ),
            {"id": fresh.business.client_id},
        )
        uow.commit()
    assert re.search(r"Balance</span><strong>€12\.34<", fresh.person.get("/packets/").text)
    assert "Balance" not in support.get("/packets/").text


@pytest.mark.parametrize(
    ("address", "entry"),
    [("/packets/", "Packets"), ("/send/", "Send a file"), ("/users/userinfo/", "Your account"),
     ("/resetmypassword/form", "Your account")],
)  # fmt: skip
def test_the_entry_of_the_current_page_is_marked(clinic, address, entry):
    marked = re.findall(r'aria-current="page">.*?<span>([^<]+)</span>', clinic.person.get(address).text)
    assert marked == [entry]


def test_flask_appbuilder_s_permission_decides(app, clinic):
    """Without menu_access the entry is gone, whatever else the role may do."""
    with app.app_context():
        security = app.appbuilder.sm
        role = security.find_role("client")
        access = security.find_permission_view_menu("menu_access", "Send a file")
        security.del_permission_role(role, access)
        try:
            assert titles(clinic.person.get("/packets/")) == ["Packets", "Your account"]
        finally:
            security.add_permission_role(role, access)


def test_too_many_entries_are_grouped_under_the_last(app, clinic):
    with app.test_request_context("/"):
        g.user = app.appbuilder.sm.find_user(clinic.person.username)
        login_user(g.user)
        menu = app.appbuilder.menu
        before, first = list(menu.get_list()), [link.title for link in rail()]
        for number in range(5):
            menu.add_link("Packets", href=f"/more/{number}", icon="inbox", label=f"Entry {number}")
        try:
            links = rail()
        finally:
            menu.menu[:] = before
    assert len(links) == MAX_ENTRIES
    entries = [*first, *(f"Entry {number}" for number in range(5))]
    assert [link.title for link in links] == [*entries[: MAX_ENTRIES - 1], "More"]
    assert [one.title for one in links[-1].below] == entries[MAX_ENTRIES - 1 :]
    assert links[-1].address == links[-1].below[0].address
