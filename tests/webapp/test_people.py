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
