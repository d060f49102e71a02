"""An address that nobody can have got from a page is answered with our error page, and is no error of ours."""

import pytest

from tests.webapp.conftest import PASSWORD, log_in
from webapp.create_user import create_user

# Warnings of Flask-AppBuilder's own forms and lists.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'DateTimeField' renders:DeprecationWarning"),
    pytest.mark.filterwarnings("ignore:The Query.get"),
    pytest.mark.filterwarnings("ignore:Yielding raw tuples:DeprecationWarning"),
]
HUGE = "9" * 20


@pytest.fixture(scope="module")
def admin(app):
    create_user(app, "odd.admin", PASSWORD, "Admin")
    return log_in(app, "odd.admin")


@pytest.mark.parametrize(
    "address",
    [
        "/packets/run/%00",
        "/packets/01900000-0000-7000-8000-000000000000/held?code=x%00y",
        "/packets/?client=%00",
        "/packets/?show=%00&before=%00",
        "/packets/01900000-0000-7000-8000-000000000000/messages?show=%00&after=%00",
        "/packets/01900000-0000-7000-8000-000000000000/held?after=" + HUGE + "." + HUGE,
    ],
)
@pytest.mark.parametrize("role", ["client", "support"])
def test_an_odd_address_of_our_own_pages(clinic, support, role, address):
    answer = {"client": clinic.person, "support": support}[role].get(address)
    assert answer.status_code in {200, 400, 404}
    assert "Something broke" not in answer.text


@pytest.mark.parametrize(
    "address",
    [
        f"/users/show/{HUGE}",
        f"/users/edit/{HUGE}",
        f"/roles/show/{HUGE}",
        "/users/list/?_flt_0_username=%00",
        "/users/list/?_flt_0_username=%ED%A0%80",
        "/users/list/?_flt_99_username=a",
        f"/users/list/?psize_UserDBModelView={HUGE}0",
        f"/users/list/?page_UserDBModelView={HUGE}0",
        f"/users/list/?_flt_0_login_count={HUGE}",
        "/users/list/?_oc_UserDBModelView=%00&_od_UserDBModelView=asc",
        "/users/list/?_oc_UserDBModelView=nothing&_od_UserDBModelView=asc",
        f"/resetpassword/form?pk={HUGE}",
        "/resetpassword/form?pk=99999999999999999",
        "/resetpassword/form?pk=abc",
        "/resetpassword/form?pk=%00",
        "/resetpassword/form",
    ],
)
def test_an_odd_address_of_the_pages_about_people(admin, address):
    answer = admin.get(address, follow_redirects=True)
    assert answer.status_code in {200, 400, 404}
    assert "Something broke" not in answer.text


def test_a_value_that_no_column_holds_gives_our_error_page_with_the_menu(admin):
    answer = admin.get(f"/users/show/{HUGE}")
    assert answer.status_code == 400
    assert "That address cannot be read" in answer.text
    assert 'href="/users/list/"' in answer.text, "the menu of the person"
    assert admin.get("/users/list/").status_code == 200
