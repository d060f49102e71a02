"""Flask-AppBuilder's own pages (people, roles, groups, the account) in our frame: all of them open, filled and with mistakes."""

import pytest
from jinja2 import UndefinedError

from tests.webapp.conftest import PASSWORD, log_in
from webapp.create_user import create_user

# What Flask-AppBuilder's own forms and lists do.
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


def test_one_entry_of_the_rail_is_the_page_one_is_on(admin):
    assert admin.get("/users/userinfo/").text.count('aria-current="page"') == 1
    assert admin.get("/users/list/").text.count('aria-current="page"') == 1


def test_people_and_roles_are_told_in_words(admin):
    people = admin.get("/users/list/").text
    assert "People" in people
    assert "[Admin]" not in people
    assert "[can" not in admin.get("/roles/list/").text


def test_a_new_password_is_long_enough_and_opens_the_door(app):
    create_user(app, "forgetful", PASSWORD, "support")
    person = log_in(app, "forgetful")
    for short in ("", "short", "too short"):
        answer = person.post("/resetmypassword/form", {"password": short, "conf_password": short})
        assert "A password has at least 10 characters." in answer.text or "required" in answer.text
    slip = person.post(
        "/resetmypassword/form", {"password": "long enough now", "conf_password": "long enough"}
    )
    assert "The two passwords differ." in slip.text
    new = "long enough now"
    assert person.post("/resetmypassword/form", {"password": new, "conf_password": new}).status_code == 302
    log_in(app, "forgetful", new)


@pytest.mark.parametrize(
    "form", ["/users/add", "/roles/add", "/groups/add", "/resetmypassword/form", "/userinfoeditview/form"]
)
def test_an_empty_form_comes_back_with_what_is_wrong(admin, form):
    answer = admin.post(form)
    assert answer.status_code in (200, 302), answer.text
    if answer.status_code == 200:
        assert 'class="rail"' in answer.text


def test_a_name_that_a_template_has_nothing_for_is_an_error(app):
    with app.app_context(), pytest.raises(UndefinedError):
        app.jinja_env.from_string("{{ config.nothing_like_it }}").render()
