"""Finding the providers: one file each, and a sentence for a file that is none."""

from types import ModuleType

import pytest

from pipelines.errors import SettingsError
from pipelines.providers import carriers, provider_for, provider_named, providers
from pipelines.providers.base import Provider
from pipelines.providers.mailgun import Mailgun
from pipelines.providers.twilio import Twilio
from pipelines.settings import Settings
from tests.fixtures_sandbox import SECRETS


def settings(**values):
    return Settings(_env_file=None, **values)


def module(name, **things):
    """A provider file as a newcomer might write it."""
    made = ModuleType(f"pipelines.providers.{name}")
    for key, thing in things.items():
        if isinstance(thing, type):
            thing.__module__ = made.__name__
        setattr(made, key, thing)
    return made


class Whole(Twilio):
    name = "whole"


def test_every_provider_is_found():
    assert providers() == {"mailgun": Mailgun, "twilio": Twilio}


@pytest.mark.parametrize("name", ["mailgun", "twilio"])
def test_every_provider_keeps_the_shape(name):
    provider = provider_named(name, settings(), SECRETS)
    assert provider.name == name
    assert provider.channels <= {"sms", "email", "mms", "voice", "ussd"}
    assert 1 <= provider.batch_size <= 1000
    assert provider.line.base_url == "http://127.0.0.1:8071"


def test_who_carries_what():
    assert isinstance(provider_for("sms", settings(), SECRETS), Twilio)
    assert isinstance(provider_for("email", settings(), SECRETS), Mailgun)


def test_the_settings_limits_are_kept():
    provider = provider_for("sms", settings(connect_timeout=2, call_timeout=9), SECRETS)
    assert (provider.line._timeout.connect_timeout, provider.line._seconds) == (2, 9)


@pytest.mark.parametrize(
    ("act", "said"),
    [
        (lambda: provider_for("pigeon", settings(), SECRETS), "No provider carries the channel 'pigeon'"),
        (
            lambda: provider_for("sms", settings(carriers={"sms": "mailgun"}), SECRETS),
            "who carries 'sms': twilio",
        ),
        (
            lambda: provider_named("vonage", settings(), SECRETS),
            "no provider 'vonage'; there are mailgun, twilio",
        ),
    ],
)
def test_a_wrong_choice_is_told(act, said):
    with pytest.raises(SettingsError, match=said):
        act()


def test_a_newcomers_file_is_taken():
    assert carriers([module("whole", Whole=Whole)]) == {"whole": Whole}


class Unfinished(Provider):
    name = "unfinished"
    channels = frozenset({"sms"})
    batch_size = 1


class Nameless(Twilio):
    channels = ("sms",)


class Greedy(Twilio):
    name = "greedy"
    batch_size = 0


@pytest.mark.parametrize(
    ("things", "said"),
    [
        ({}, r"vonage\.py cannot be used: it must define exactly one Provider, and defines 0"),
        ({"A": Twilio}, "defines 0"),
        ({"A": type("A", (Twilio,), {}), "B": type("B", (Twilio,), {})}, "defines 2"),
        (
            {"Unfinished": Unfinished},
            "Unfinished lacks call, configured, read_body, read_events, refusal, verify",
        ),
        ({"Nameless": Nameless}, "needs a frozenset of channels"),
        ({"Greedy": Greedy}, "batch_size of 1 or more"),
    ],
)
def test_a_malformed_file_is_told_in_a_sentence(things, said):
    kept = Twilio.__module__
    made = ModuleType("pipelines.providers.vonage")
    for name, thing in things.items():
        if thing is not Twilio:
            thing.__module__ = made.__name__
        setattr(made, name, thing)
    with pytest.raises(SettingsError, match=said):
        carriers([made])
    assert Twilio.__module__ == kept


def test_a_name_is_taken_once():
    first, second = type("First", (Twilio,), {}), type("Second", (Twilio,), {})
    with pytest.raises(SettingsError, match=r"other\.py.*'twilio' is taken"):
        carriers([module("one", First=first), module("other", Second=second)])
