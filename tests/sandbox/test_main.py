"""The sandbox as a process."""

import json

from click.testing import CliRunner

from pipelines.sandbox.__main__ import main
from pipelines.sandbox.server import server
from tests.fixtures_sandbox import SECRETS


def test_wrong_secrets_are_reported_in_a_sentence(tmp_path):
    (tmp_path / "secrets.json").write_text("nonsense")
    result = CliRunner().invoke(main, ["--home", str(tmp_path)])
    assert result.exit_code == 1
    assert "cannot be read" in result.output
    (tmp_path / "secrets.json").write_text(json.dumps({**SECRETS, "mailgun_api_key": ""}))
    result = CliRunner().invoke(main, ["--home", str(tmp_path)])
    assert "these secrets are missing: mailgun_api_key" in result.output
    assert SECRETS["twilio_auth_token"] not in result.output


def test_it_listens_on_loopback_by_default():
    defaults = {option.name: option.default for option in main.params}
    assert defaults["host"] == "127.0.0.1"


def test_requests_are_not_logged():
    """The URL of a request contains a number (To=…), which must not reach a log."""
    assert server(lambda: None, "127.0.0.1", 0).config.access_log is False
