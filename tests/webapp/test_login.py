"""Log-in, log-out, the session, and the headers of every answer."""

import re

import pytest

from pipelines.errors import NotFound, PacketboatError
from tests.webapp.conftest import PASSWORD, log_in, token_in
from webapp.app import configuration
from webapp.create_user import create_user, main
from webapp.upgrade import upgrade


def test_a_wrong_name_and_a_wrong_password_get_the_same_message(app, clinic):
    messages = []
    for username in (clinic.person.username, "nobody-of-this-name"):
        browser = app.test_client()
        token = token_in(browser.get("/login/"))
        answer = browser.post(
            "/login/", data={"csrf_token": token, "username": username, "password": "wrong"}
        )
        messages.append(re.findall(r'role="status">([^<]+)', answer.text))
    assert messages[0] == messages[1] == ["This name and password do not match. Check both and try again."]


def test_a_log_in_redirects_to_the_requested_page_and_never_to_another_site(app, clinic):
    for target, location in (
        ("/send/?campaign=x", "/send/?campaign=x"),
        ("https://evil.test/", "/"),
        ("//evil.test", "/"),
    ):
        browser = app.test_client()
        page = browser.get("/login/", query_string={"next": target})
        form = {"csrf_token": token_in(page), "username": clinic.person.username, "password": PASSWORD}
        assert browser.post("/login/", query_string={"next": target}, data=form).location == location


def test_session_data_from_before_the_log_in_is_dropped(app, clinic):
    browser = app.test_client()
    with browser.session_transaction() as session:
        session["planted"] = "by somebody else"
    form = {
        "csrf_token": token_in(browser.get("/login/")),
        "username": clinic.person.username,
        "password": PASSWORD,
    }
    browser.post("/login/", data=form)
    with browser.session_transaction() as session:
        assert "planted" not in session
        assert "_user_id" in session


def test_a_logout_is_a_post_and_ends_the_session(app, clinic):
    person = log_in(app, clinic.person.username)
    assert person.get("/logout/").status_code == 405
    assert person.post("/logout/").status_code == 302
    assert person.get("/packets/").status_code == 302


def test_scripts_and_other_sites_cannot_use_the_cookie(app):
    cookie = app.test_client().get("/login/").headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie


def test_over_https_the_cookie_is_bound_to_this_host_and_the_browser_stays_there(boat):
    encrypted = boat.settings.model_copy(update={"public_url": "https://portal.example"})
    config = configuration(type(boat)(encrypted, boat.secrets, boat.server, boat.database), manage=False)
    assert config["SESSION_COOKIE_NAME"] == "__Host-packetboat"
    assert config["SESSION_COOKIE_SECURE"] is True


def headers_of(person, address):
    with person.get(address) as answer:
        return answer.headers


@pytest.mark.parametrize("address", ["/login/", "/packets/", "/nowhere", "/assets/packetboat.css"])
def test_every_answer_has_the_headers(clinic, address):
    headers = headers_of(clinic.person, address)
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy, "no inline script runs"
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"


def test_pages_are_not_cached_but_the_style_sheet_is(clinic):
    assert headers_of(clinic.person, "/packets/")["Cache-Control"] == "no-store"
    assert "max-age" in headers_of(clinic.person, "/assets/packetboat.css")["Cache-Control"]


def test_an_upgrade_can_run_again_and_revokes_added_permissions(app, boat, clinic):
    with app.app_context():
        security = app.appbuilder.sm
        client, rerun = (
            security.find_role("client"),
            security.find_permission_view_menu("can_rerun", "packets"),
        )
        security.add_permission_role(client, rerun)
    upgrade(boat)
    with app.app_context():
        permissions = {
            f"{one.permission.name} {one.view_menu.name}"
            for one in app.appbuilder.sm.find_role("client").permissions
        }
    assert "can_rerun packets" not in permissions
    assert "can_see packets" in permissions


def test_a_log_in_needs_an_existing_client_and_a_matching_role(app, clinic):
    with pytest.raises(NotFound):
        create_user(app, "somebody", PASSWORD, "client", "no-such-client")
    for role, client in (("client", None), ("support", clinic.business.slug), ("king", None)):
        with pytest.raises(PacketboatError):
            create_user(app, "somebody", PASSWORD, role, client)


def test_the_command_explains_itself(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--help"])
    assert ended.value.code == 0
    assert "--password-stdin" in capsys.readouterr().out
