"""Where a provider is and what signs in there: its own settings, or the sandbox; never half of one."""

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


def found(secrets=SECRETS, port=8071, **accounts):
    chosen = Settings(_env_file=None, sandbox_port=port, accounts=accounts)
    account = Twilio.account
    return account.base_url(chosen), account.sign_in(chosen, secrets), account.is_sandbox(chosen)


def test_nothing_set_is_the_sandbox_with_the_generated_secrets():
    url, known, is_sandbox = found()
    assert url == "http://127.0.0.1:8071"
    assert known == {"account_sid": SECRETS["twilio_account_sid"], "auth_token": "a-token-for-tests"}
    assert is_sandbox


def test_a_simulator_elsewhere_gets_the_generated_secrets_and_is_not_our_sandbox():
    url, known, is_sandbox = found(twilio_base_url="http://elsewhere:8071")
    assert (url, known["auth_token"]) == ("http://elsewhere:8071", "a-token-for-tests")
    assert not is_sandbox


def test_the_real_service():
    assert found(**REAL) == ("https://api.twilio.com", {"account_sid": "AC1", "auth_token": "mine"}, False)


@pytest.mark.parametrize("absent", REAL)
def test_half_a_configuration_sends_nothing(absent):
    given = {name: value for name, value in REAL.items() if name != absent}
    with pytest.raises(SettingsError, match=f"PACKETBOAT_{absent.upper()}") as caught:
        found(**given)
    assert "mine" not in str(caught.value)


def test_an_address_without_credentials_sends_nothing():
    with pytest.raises(SettingsError, match="PACKETBOAT_TWILIO_ACCOUNT_SID, PACKETBOAT_TWILIO_AUTH_TOKEN"):
        found(twilio_base_url="https://api.twilio.com")


def test_secrets_that_are_not_there():
    with pytest.raises(SettingsError, match="twilio_auth_token"):
        found(secrets={"twilio_account_sid": "AC1"})


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


def test_an_address_that_is_none_is_named(monkeypatch):
    monkeypatch.setenv("PACKETBOAT_PIGEON_BASE_URL", "pigeon.example")
    settings.cache_clear()
    with pytest.raises(SettingsError, match=r"^PACKETBOAT_PIGEON_BASE_URL must begin with http"):
        settings()


def test_every_account_says_what_its_settings_mean_and_makes_its_secrets():
    for account in accounts():
        assert all(account.settings.values())
        assert {f"{account.name}_base_url", *account.makers} == account.settings.keys()
    made = {name: make() for name, make in secret_makers().items()}
    assert made["twilio_account_sid"].startswith("AC")
    assert len(made["twilio_account_sid"]) == 34
    assert all(made.values())
