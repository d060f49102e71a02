"""The sandbox as a process."""

import json

from click.testing import CliRunner

from pipelines.sandbox.__main__ import main
from pipelines.sandbox.server import server
from tests.fixtures_sandbox import SECRETS


def test_wrong_secrets_are_told_in_a_sentence(tmp_path):
    (tmp_path / "secrets.json").write_text("nonsense")
    told = CliRunner().invoke(main, ["--home", str(tmp_path)])
    assert told.exit_code == 1
    assert "cannot be read" in told.output
    (tmp_path / "secrets.json").write_text(json.dumps({**SECRETS, "mailgun_api_key": ""}))
    told = CliRunner().invoke(main, ["--home", str(tmp_path)])
    assert "these secrets are missing: mailgun_api_key" in told.output
    assert "a-token-for-tests" not in told.output


def test_it_listens_on_loopback_by_default():
    defaults = {option.name: option.default for option in main.params}
    assert defaults["host"] == "127.0.0.1"


def test_no_line_is_written_for_a_request():
    """An address line of a request holds a number (To=…): it must not reach a log."""
    assert server(lambda: None, "127.0.0.1", 0).config.access_log is False
