"""Finding the carriers: one folder each, and a sentence for a folder that is none."""

import re
from types import ModuleType

import pytest

from pipelines.channels import channels
from pipelines.errors import SettingsError
from pipelines.providers.carriers import (
    carrier_named,
    carriers,
    carriers_in,
    carriers_of,
    sandbox_senders,
    secret_makers,
)
from pipelines.providers.carriers.base import Carrier
from pipelines.providers.carriers.mailgun import Mailgun
from pipelines.providers.carriers.twilio import Twilio
from pipelines.settings import Settings
from tests.fixtures_sandbox import SECRETS


def settings(**values):
    return Settings(_env_file=None, **values)


def module(name, **things):
    """A provider's folder as a newcomer might write it."""
    made = ModuleType(f"pipelines.providers.carriers.{name}")
    for key, thing in things.items():
        if isinstance(thing, type):
            thing.__module__ = made.__name__
        setattr(made, key, thing)
    return made


class Whole(Twilio):
    name = "whole"


def test_every_carrier_is_found():
    assert carriers().items() >= {"mailgun": Mailgun, "twilio": Twilio}.items()


@pytest.mark.parametrize("name", carriers())
def test_every_carrier_keeps_the_shape(name):
    carrier = carrier_named(name, settings(), {key: make() for key, make in secret_makers().items()})
    assert carrier.name == name
    assert carrier.channels <= channels().keys()
    assert carrier.sandbox_senders.keys() <= carrier.channels
    assert all(re.fullmatch(carrier.sender_pattern, address) for address in carrier.sandbox_senders.values())
    assert 1 <= carrier.batch_size <= 1000
    assert carrier.line.base_url == "http://127.0.0.1:8071"


def test_who_carries_what():
    assert Twilio in carriers_of("sms")
    assert Twilio not in carriers_of("email")
    assert Mailgun in carriers_of("email")
    assert carriers_of("pigeon") == []


def test_the_settings_limits_are_kept():
    carrier = carrier_named("twilio", settings(connect_timeout=2, call_timeout=9), SECRETS)
    assert (carrier.line._timeout.connect_timeout, carrier.line._seconds) == (2, 9)


def test_a_carrier_that_is_not_there_is_told():
    with pytest.raises(SettingsError, match=r"no provider “vonage”. There are: mailgun.*twilio"):
        carrier_named("vonage", settings(), SECRETS)


def test_the_sandbox_has_a_sender_for_each_channel_and_none_for_a_real_service():
    at_sandbox = {sender.channel: sender.provider for sender in sandbox_senders(settings())}
    assert at_sandbox.items() >= {"email": "mailgun", "sms": "twilio"}.items()
    real = settings(accounts={"twilio_base_url": "https://api.twilio.com"})
    assert {sender.channel for sender in sandbox_senders(real)} & {"email", "sms"} == {"email"}


def test_a_newcomers_folder_is_taken():
    assert carriers_in([module("whole", Whole=Whole)]) == {"whole": Whole}


class Unfinished(Carrier):
    name = "unfinished"
    channels = frozenset({"sms"})
    batch_size = 1


class Nameless(Twilio):
    name = "vonage"
    channels = ("sms",)


class Foreign(Twilio):
    name = "vonage"
    channels = frozenset({"whatsapp"})


class Greedy(Twilio):
    name = "vonage"
    batch_size = 0


@pytest.mark.parametrize(
    ("things", "said"),
    [
        ({}, r"vonage/ cannot be used: it must define exactly one Carrier, and defines 0"),
        ({"A": Twilio}, "defines 0"),
        ({"A": type("A", (Twilio,), {}), "B": type("B", (Twilio,), {})}, "defines 2"),
        (
            {"Unfinished": Unfinished},
            "Unfinished lacks call, read_body, read_events, refusal, verify_signature, account",
        ),
        ({"Nameless": Nameless}, "needs a frozenset of channels"),
        ({"Greedy": Greedy}, "batch_size of 1 or more"),
        ({"Foreign": Foreign}, "has sandbox_senders for sms, which it does not carry"),
        ({"Whole": Whole}, "Whole calls itself 'whole'"),
    ],
)
def test_a_malformed_file_is_told_in_a_sentence(things, said):
    kept = Twilio.__module__
    made = ModuleType("pipelines.providers.carriers.vonage")
    for name, thing in things.items():
        if thing is not Twilio:
            thing.__module__ = made.__name__
        setattr(made, name, thing)
    with pytest.raises(SettingsError, match=said):
        carriers_in([made])
    assert Twilio.__module__ == kept
