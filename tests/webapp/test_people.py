"""Flask-AppBuilder's own pages (people, roles, groups, the account) in our layout: all of them open, also when filled in and with mistakes."""

import re
from html import unescape

import pytest
from jinja2 import UndefinedError
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from pipelines.errors import PacketboatError
from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import PASSWORD, log_in
from webapp.create_user import create_user
from webapp.fab.log_ins import passwords

# Warnings of Flask-AppBuilder's own forms and lists.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'DateTimeField' renders:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Query.get"),
    pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning"),
]
PAGES = [
    "/users/list/",
    "/users/list/?_flt_0_username=a&_oc_UserDBModelView=username&_od_UserDBModelView=asc&page_UserDBModelView=1",
    "/users/add",
    "/users/show/{user}",
    "/users/edit/{user}",
    "/users/userinfo/",
    "/resetpassword/form?pk={user}",
    "/resetmypassword/form",
    "/userinfoeditview/form",
    "/roles/list/",
    "/roles/add",
    "/roles/show/{role}",
    "/roles/edit/{role}",
    "/groups/list/",
    "/groups/add",
    "/groups/show/{group}",
    "/groups/edit/{group}",
]


@pytest.fixture(scope="module")
def admin(app):
    create_user(app, "the.admin", PASSWORD, "Admin")
    return log_in(app, "the.admin")


@pytest.fixture(scope="module")
def ids(app, admin):
    with app.app_context():
        security = app.appbuilder.sm
        group = security.find_group("the group") or security.add_group("the group", "The group", "", [], [])
        return {
            "user": security.find_user("the.admin").id,
            "role": security.find_role("support").id,
            "group": group.id,
        }


@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens_for_the_admin(admin, ids, page):
    answer = admin.get(page.format(**ids))
    assert answer.status_code == 200
    assert 'class="rail"' in answer.text


def test_one_entry_of_the_rail_is_marked_as_current(admin):
    assert admin.get("/users/userinfo/").text.count('aria-current="page"') == 1
    assert admin.get("/users/list/").text.count('aria-current="page"') == 1


FOREIGN = re.compile(
    r"Bootstrap|btn-|panel-|glyphicon|fa-|select2|jquery|appbuilder/css|<script|User Name|Is Active|List (?:Users|Roles)|Record Count"
    r"|this form|can_|menu access|\[(?:can|Admin)",
    re.IGNORECASE,
)


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_the_look_or_the_words_of_flask_appbuilder(admin, ids, page):
    assert FOREIGN.findall(admin.get(page.format(**ids)).text) == []


def test_the_permissions_of_a_role_are_listed_by_area(admin):
    roles = admin.get("/roles/list/").text
    assert "packets: control, download, rerun, see" in roles
    menus = [set(entries.split(", ")) for entries in re.findall(r"menu: ([\w, ]+)", roles)]
    assert any(menu >= {"Packets", "Send a file", "Your account"} for menu in menus)


def test_people_can_be_searched_ordered_and_paged(app, admin):
    for number in range(30):
        create_user(app, f"searched.{number:02}", PASSWORD, "support")
    page = admin.get("/users/list/?_flt_2_username=searched.1").text
    assert re.findall(r">(searched\.\d\d)<", page) == [f"searched.{number}" for number in range(10, 20)]
    assert "10 in all" in page
    query = "?_flt_2_username=searched&_oc_UserDBModelView=username&_od_UserDBModelView=desc"
    first = admin.get(f"/users/list/{query}").text
    assert re.findall(r">(searched\.\d\d)<", first)[0] == "searched.29"
    following = unescape(re.search(r'<a href="([^"]+)">Next page</a>', first)[1])
    assert len(re.findall(r">(searched\.\d\d)<", admin.get(following).text)) == 5


def test_a_person_is_added_changed_and_deleted(app, admin, ids):
    role = {"roles": [str(ids["role"])]}
    form = {
        "first_name": "Ada",
        "last_name": "Low",
        "username": "ada.low",
        "email": "ada@example.com",
        "active": "y",
    }
    password = {"password": "long enough now", "conf_password": "long enough now"}
    assert "Choose a role, or a group with a role." in admin.post("/users/add", form | password).text
    assert admin.post("/users/add", form | password | role).status_code == 302
    with app.app_context():
        user = app.appbuilder.sm.find_user("ada.low").id
    log_in(app, "ada.low", "long enough now")
    assert admin.post(f"/users/edit/{user}", form | role | {"last_name": "Lovelace"}).status_code == 302
    page = admin.get(f"/users/show/{user}").text
    assert "Lovelace" in page
    assert "Changed." in page
    assert admin.post(f"/users/delete/{user}").location == "/users/list/"
    assert "Deleted." in admin.get("/users/list/").text
    assert admin.get(f"/users/show/{user}").status_code == 404


def test_a_role_is_copied_changed_and_not_deleted_while_people_have_it(app, admin, ids):
    assert (
        admin.post("/roles/action_post", {"action": "copyrole", "rowid": str(ids["role"])}).status_code == 302
    )
    with app.app_context():
        copy = app.appbuilder.sm.find_role("support copy")
        kept = [str(one.id) for one in copy.permissions[:2]]
        assert len(copy.permissions) > 2
        copy = copy.id
    assert admin.post(f"/roles/edit/{copy}", {"name": "night", "permissions": kept}).status_code == 302
    with app.app_context():
        assert len(app.appbuilder.sm.find_role("night").permissions) == 2
    admin.post(f"/roles/delete/{copy}")
    admin.post(f"/roles/delete/{ids['role']}")
    assert "People have this role. Take it from them first." in admin.get("/roles/list/").text
    with app.app_context():
        assert app.appbuilder.sm.find_role("night") is None
        assert app.appbuilder.sm.find_role("support") is not None


def test_people_change_their_own_name(app):
    create_user(app, "no.name", PASSWORD, "support")
    person = log_in(app, "no.name")
    assert 'value="no.name"' in person.get("/userinfoeditview/form").text
    answer = person.post("/userinfoeditview/form", {"first_name": "Noor", "last_name": "Name"})
    assert answer.location == "/users/userinfo/"
    page = person.get("/users/userinfo/").text
    assert "Your name has been changed." in page
    assert "Noor Name" in page


def test_a_language_is_chosen_on_the_account_page(app):
    create_user(app, "reader", PASSWORD, "support")
    person = log_in(app, "reader")
    page = person.get("/users/userinfo/").text
    assert "<strong>English</strong>" in page
    assert person.get(re.search(r'href="(/lang/vi)"', page)[1]).location.endswith("/users/userinfo/")
    assert "<strong>Tiếng Việt</strong>" in person.get("/users/userinfo/").text


def new_password(person, new, repeated=None, current=PASSWORD, form="/resetmypassword/form"):
    return person.post(form, {"current": current, "password": new, "conf_password": repeated or new})


def test_a_new_password_must_be_long_enough_and_then_logs_in(app):
    create_user(app, "forgetful", PASSWORD, "support")
    person = log_in(app, "forgetful")
    for short in ("", "short", "too short"):
        answer = new_password(person, short)
        assert "A password needs at least 10 characters." in answer.text or "required" in answer.text
    assert "The two passwords differ." in new_password(person, "long enough now", "long enough").text
    assert "This is not your current password." in new_password(person, "long enough now", current="x").text
    assert new_password(person, "long enough now").status_code == 302
    log_in(app, "forgetful", "long enough now")


def promised(boat):
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        rows = uow.all(text("select payload ->> 'address' from outbox where kind = 'password_changed'"))
    return [row[0] for row in rows]


def test_the_owner_is_notified_of_a_new_password_whoever_set_it(app, admin, boat):
    user = create_user(app, "reachable", PASSWORD, "support", email="reachable@example.com")
    assert "reachable@example.com" not in promised(boat), "a new log-in is no change"
    person = log_in(app, "reachable")
    new_password(person, "long enough now")
    page = person.get("/users/userinfo/").text
    assert "A notice goes to your e-mail address." in page
    assert promised(boat).count("reachable@example.com") == 1
    form = f"/resetpassword/form?pk={user}"
    assert new_password(admin, "long enough too", form=form).status_code == 302
    assert "A notice goes to their e-mail address." in admin.get(f"/users/show/{user}").text
    create_user(app, "reachable", PASSWORD, "support")
    assert promised(boat).count("reachable@example.com") == 3


def test_without_an_address_no_notice_is_promised_and_the_pages_say_so(app, boat):
    create_user(app, "unreachable", PASSWORD, "support")
    person = log_in(app, "unreachable")
    assert "you get no mail when your password changes" in person.get("/users/userinfo/").text
    new_password(person, "long enough now")
    assert "your log-in has no e-mail address" in person.get("/users/userinfo/").text
    assert not [address for address in promised(boat) if address.endswith(".invalid")]


def test_without_its_notice_a_password_is_not_changed(app, boat, monkeypatch):
    """The notice and the new password are one transaction."""
    create_user(app, "unlucky", PASSWORD, "support", email="unlucky@example.com")
    monkeypatch.setattr(passwords, "EVERY_CLIENT", text("select 1"))  # row-level security refuses the notice
    with pytest.raises(ProgrammingError), app.app_context():
        passwords.change(app.appbuilder.sm.find_user("unlucky"), "long enough now")
    log_in(app, "unlucky")


def test_an_address_belongs_to_one_log_in(app):
    create_user(app, "first.one", PASSWORD, "support", email="shared@example.com")
    create_user(app, "first.one", PASSWORD, "support", email="shared@example.com")
    with pytest.raises(PacketboatError, match="Another log-in"):
        create_user(app, "second.one", PASSWORD, "support", email="shared@example.com")


def test_an_unknown_person_gets_no_password(admin):
    for pk in ("", "0", "x", "99999999"):
        assert admin.get(f"/resetpassword/form?pk={pk}").status_code == 404
        assert new_password(admin, "long enough now", form=f"/resetpassword/form?pk={pk}").status_code == 404


@pytest.mark.parametrize(
    "form", ["/users/add", "/roles/add", "/groups/add", "/resetmypassword/form", "/userinfoeditview/form"]
)
def test_an_empty_form_comes_back_with_its_errors(admin, form):
    answer = admin.post(form)
    assert answer.status_code in (200, 302), answer.text
    if answer.status_code == 200:
        assert 'class="rail"' in answer.text


def test_an_undefined_name_in_a_template_is_an_error(app):
    with app.app_context(), pytest.raises(UndefinedError):
        app.jinja_env.from_string("{{ config.nothing_like_it }}").render()
