"""`packetboat doctor` in the situations of an operator: each finding says what to do, and the exit code whether anything is wrong."""

import json

import pytest
from sqlalchemy import text

from pipelines.cli import findings
from pipelines.cli.doctor import shown
from pipelines.launcher.run_file import Run
from pipelines.launcher.system import running_system
from pipelines.providers.carriers import accounts
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.launcher.launch import settings_for

PORT = 16500


def diagnose(shell, **changes):
    """The exit code, and each matter's state and sentence."""
    done = shell("doctor", "--json", **changes)
    assert done.err == ""
    return done.code, {one["matter"]: (one["state"], one["sentence"]) for one in json.loads(done.out)}


def test_a_home_where_nothing_was_started_is_reported_and_not_created(bare_shell, tmp_path):
    home = tmp_path / "home"
    code, report = diagnose(bare_shell)
    assert code == 3
    assert report["PostgreSQL"][0] == report["services"][0] == "wrong"
    assert (
        report["services"][1] == f"Nothing has been started in {home}. Start everything with `packetboat up`."
    )
    assert report["secrets"] == ("note", f"{home}/secrets.json is created at the first start.")
    assert not home.exists()


@pytest.mark.parametrize(
    ("name", "value", "says"),
    [
        ("PACKETBOAT_PORTAL_PORT", "abc", "must be a whole number"),
        ("PACKETBOAT_PORTAL_PORT", "70000", "at most 65535"),
        ("PACKETBOAT_TRUSTED_PROXIES", "10.0.0.7", "cannot be read. Write JSON"),
        ("PACKETBOAT_DATABASE_URL", "mysql://who:hidden@there/x", "written as postgresql://"),
        ("PACKETBOAT_TWILIO_BASE_URL", "api.twilio.com", "must begin with http:// or https://"),
    ],
)
def test_a_wrong_setting_is_named_and_its_value_is_not(bare_shell, name, value, says):
    code, report = diagnose(bare_shell, **{name: value})
    state, sentence = report["settings"]
    assert (code, state) == (3, "wrong")
    assert sentence.startswith(name)
    assert says in sentence
    assert "hidden" not in sentence
    done = bare_shell("up", **{name: value})
    assert (done.code, done.err.startswith(f"packetboat: {name}")) == (1, True)


def test_a_misspelt_setting_is_reported(bare_shell):
    _, report = diagnose(bare_shell, PACKETBOAT_PORTALPORT="8000")
    assert report["settings"][0] == "note"
    assert "PACKETBOAT_PORTALPORT is not a setting." in report["settings"][1]


def test_secrets_that_others_may_read(shell, boat):
    path = boat.settings.secrets_file
    path.chmod(0o644)
    try:
        code, report = diagnose(shell)
        assert (code, report["secrets"]) == (
            3,
            ("wrong", f"Other users can read {path}. Run: chmod 600 {path}"),
        )
    finally:
        path.chmod(0o600)
    assert diagnose(shell)[1]["secrets"][0] == "ok"


def test_a_database_that_does_not_answer(shell):
    _, report = diagnose(shell, PACKETBOAT_DATABASE_URL="postgresql://who:hidden@127.0.0.1:9/postgres")
    state, sentence = report["PostgreSQL"]
    assert state == "wrong"
    assert 'server at "127.0.0.1", port 9 failed' in sentence
    assert "hidden" not in sentence


def test_tables_that_are_behind(boat, monkeypatch):
    monkeypatch.setattr(findings.migrate, "newest", lambda: "9999")
    report = findings._database(boat)
    assert report.state == "wrong"
    assert "the code at 9999. Run `packetboat db upgrade`." in report.sentence


def test_a_server_that_does_not_wait_for_the_disk(shell):
    _, report = diagnose(shell)  # the tests' shared server
    state, sentence = report["durability"]
    assert (state, sentence.split(".")[0]) == ("wrong", "The server's fsync is off")
    assert "`alter system set fsync = on`" in sentence


def test_services_that_are_down_while_your_own_database_is_up(shell):
    _, report = diagnose(shell)
    assert report["PostgreSQL"][0] == "ok"
    for name in ("portal", "sandbox", "Airflow", "Airflow scheduler"):
        assert report[name][0] == "wrong"
        assert "Start everything with `packetboat up`." in report[name][1]


def test_half_the_credentials_of_a_provider(shell):
    _, report = diagnose(shell, PACKETBOAT_TWILIO_BASE_URL="https://api.twilio.com")
    assert report["twilio"][0] == "wrong"
    assert "PACKETBOAT_TWILIO_AUTH_TOKEN" in report["twilio"][1]
    assert report["mailgun"] == ("note", "The sandbox answers for it (e-mail); nobody is really messaged.")


def test_a_service_is_checked_at_the_address_of_the_running_system(packetboat_in, postgres_home):
    def shell(*arguments):
        return packetboat_in({"PACKETBOAT_HOME": str(postgres_home)}, *arguments)

    with running_system(settings_for(postgres_home, PORT), services={"sandbox"}) as system:
        assert Run.read(postgres_home) is not None
        _, report = diagnose(shell)
        assert report["sandbox"] == ("ok", system.urls["sandbox"])
        assert "durability" not in report
        assert report["portal"][0] == "wrong"
        assert f"look into {postgres_home}/logs/portal.log" in report["portal"][1]
        assert report["pulse"] == ("note", "Airflow's DAG pulse has not run any errand yet.")
        for ago, state in ((30, "ok"), (720, "wrong")):
            with UnitOfWork(system.packetboat.engine("worker"), every_client=True) as uow:
                uow.execute(text("delete from errand_mark"))
                uow.execute(
                    text("insert into errand_mark values ('recount', now() - make_interval(secs => :ago))"),
                    {"ago": ago},
                )
                uow.commit()
            assert diagnose(shell)[1]["pulse"][0] == state
        assert "have not run for 12 minutes" in diagnose(shell)[1]["pulse"][1]


def test_a_list_is_shown_in_the_format_of_env():
    assert shown(["10.0.0.7/32"]) == '["10.0.0.7/32"]'


def test_the_settings_are_listed_in_the_format_of_env(shell):
    done = shell("doctor", "--settings")
    lines = done.out.splitlines()
    assert [line.split("=")[0] for line in lines[1::2]] == [
        f"PACKETBOAT_{name.upper()}"
        for name in (
            *(name for name in Settings.model_fields if name != "accounts"),
            *(name for account in accounts() for name in account.settings),
        )
    ]
    assert all(line.startswith("# ") and line != "# None" for line in lines[::2])
    assert "PACKETBOAT_DATABASE_URL=(set)" in lines
