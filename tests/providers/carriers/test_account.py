"""A provider's address and credentials: all from the settings, or all from the sandbox."""

import pytest

from pipelines.errors import SettingsError
from pipelines.providers.carriers import accounts, secret_makers
from pipelines.providers.carriers.twilio import Twilio
from pipelines.settings import Settings, settings
from tests.fixtures_sandbox import SECRETS

REAL = {
    "twilio_base_url": "https://api.twilio.com",
    "twilio_account_sid": "AC1",
    "twilio_auth_token": "mine",
}


def sign_in(secrets=SECRETS, port=8071, **accounts):
    chosen = Settings(_env_file=None, sandbox_port=port, accounts=accounts)
    account = Twilio.account
    return account.base_url(chosen), account.sign_in(chosen, secrets), account.is_sandbox(chosen)


def test_without_settings_it_is_the_sandbox_with_the_generated_secrets():
    url, credentials, is_sandbox = sign_in()
    assert url == "http://127.0.0.1:8071"
    assert credentials == {
        "account_sid": SECRETS["twilio_account_sid"],
        "auth_token": SECRETS["twilio_auth_token"],
    }
    assert is_sandbox


def test_a_simulator_elsewhere_gets_the_generated_secrets_and_is_not_our_sandbox():
    url, credentials, is_sandbox = sign_in(twilio_base_url="http://elsewhere:8071")
    assert (url, credentials["auth_token"]) == ("http://elsewhere:8071", SECRETS["twilio_auth_token"])
    assert not is_sandbox


def test_the_real_service():
    assert sign_in(**REAL) == ("https://api.twilio.com", {"account_sid": "AC1", "auth_token": "mine"}, False)


def test_a_token_that_is_replaced_has_another_value_and_does_without_it_afterwards():
    _, credentials, _ = sign_in(**REAL, twilio_auth_token_other="older")
    assert credentials == {"account_sid": "AC1", "auth_token": "mine", "auth_token_other": "older"}


@pytest.mark.parametrize("blank", ["", "  ", "\n"])
def test_blanks_are_no_credential(blank):
    _, credentials, _ = sign_in(**REAL, twilio_auth_token_other=blank)
    assert credentials == {"account_sid": "AC1", "auth_token": "mine"}
    with pytest.raises(SettingsError, match="PACKETBOAT_TWILIO_AUTH_TOKEN"):
        sign_in(**REAL | {"twilio_auth_token": blank})


def test_a_line_break_after_a_credential_is_no_part_of_it():
    _, credentials, _ = sign_in(**REAL | {"twilio_auth_token": "mine\n"}, twilio_auth_token_other="older\r\n")
    assert credentials == {"account_sid": "AC1", "auth_token": "mine", "auth_token_other": "older"}


def test_another_value_alone_configures_nothing():
    with pytest.raises(SettingsError, match="PACKETBOAT_TWILIO_ACCOUNT_SID, PACKETBOAT_TWILIO_AUTH_TOKEN"):
        sign_in(twilio_auth_token_other="older")


@pytest.mark.parametrize("missing", REAL)
def test_a_partial_configuration_is_refused(missing):
    partial = {name: value for name, value in REAL.items() if name != missing}
    with pytest.raises(SettingsError, match=f"PACKETBOAT_{missing.upper()}") as caught:
        sign_in(**partial)
    assert "mine" not in str(caught.value)


def test_a_real_address_without_credentials_is_refused():
    with pytest.raises(SettingsError, match="PACKETBOAT_TWILIO_ACCOUNT_SID, PACKETBOAT_TWILIO_AUTH_TOKEN"):
        sign_in(twilio_base_url="https://api.twilio.com")


def test_missing_secrets_are_named():
    with pytest.raises(SettingsError, match="twilio_auth_token"):
        sign_in(secrets={"twilio_account_sid": "AC1"})


def test_the_variables_of_an_account_are_read_from_the_environment_and_from_env(monkeypatch, tmp_path):
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        "PACKETBOAT_TWILIO_ACCOUNT_SID=AC1\nPACKETBOAT_TWILIO_AUTH_TOKEN=older\nPACKETBOAT_HOST=::\n"
    )
    monkeypatch.setenv("PACKETBOAT_TWILIO_AUTH_TOKEN", "mine")
    monkeypatch.setenv("PACKETBOAT_TWILIO_BASE_URL", "https://api.twilio.com")
    monkeypatch.setenv("PACKETBOAT_PORTAL_PORT", "1")
    chosen = Settings(_env_file=dotenv)
    assert {name: value.get_secret_value() for name, value in chosen.accounts.items()} == REAL
    assert "mine" not in repr(chosen)


def test_an_invalid_address_is_named(monkeypatch):
    monkeypatch.setenv("PACKETBOAT_PIGEON_BASE_URL", "pigeon.example")
    settings.cache_clear()
    with pytest.raises(SettingsError, match=r"^PACKETBOAT_PIGEON_BASE_URL must begin with http"):
        settings()


def test_every_account_describes_its_settings_and_generates_its_secrets():
    for account in accounts():
        assert all(account.settings.values())
        others = {f"{account.name}_{one.key}_other" for one in account.credentials if one.verifies}
        assert {f"{account.name}_base_url", *account.makers, *others} == account.settings.keys()
    made = {name: make() for name, make in secret_makers().items()}
    assert made["twilio_account_sid"].startswith("AC")
    assert len(made["twilio_account_sid"]) == 34
    assert all(made.values())
