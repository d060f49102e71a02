"""Finding the carriers: one folder each, and a clear error for a malformed folder."""

import re
from types import ModuleType

import pytest

from pipelines.channels import channels
from pipelines.errors import SettingsError
from pipelines.language import say
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


def test_what_a_sender_looks_like_is_said_in_the_readers_language_or_in_the_carriers_own_english():
    class Pigeon(Mailgun):
        name = "pigeon"
        sender_form = "the name of a pigeon"

    assert say(Twilio.sender_described(), "fr").startswith("un numéro comme +15005550006")
    assert say(Twilio.sender_described()).startswith("a number such as +15005550006")
    assert say(Pigeon.sender_described(), "fr") == "the name of a pigeon"


def module(name, **attributes):
    """A provider's folder as a newcomer might write it."""
    folder = ModuleType(f"pipelines.providers.carriers.{name}")
    for key, value in attributes.items():
        if isinstance(value, type):
            value.__module__ = folder.__name__
        setattr(folder, key, value)
    return folder


class Whole(Twilio):
    name = "whole"


def test_every_carrier_is_found():
    assert carriers().items() >= {"mailgun": Mailgun, "twilio": Twilio}.items()


@pytest.mark.parametrize("name", carriers())
def test_every_carrier_is_well_formed(name):
    carrier = carrier_named(name, settings(), {key: make() for key, make in secret_makers().items()})
    assert carrier.name == name
    assert carrier.channels <= channels().keys()
    assert carrier.sandbox_senders.keys() <= carrier.channels
    assert all(re.fullmatch(carrier.sender_pattern, address) for address in carrier.sandbox_senders.values())
    assert 1 <= carrier.batch_size <= 1000
    assert carrier.line.base_url == "http://127.0.0.1:8071"


def test_the_carriers_of_a_channel():
    assert Twilio in carriers_of("sms")
    assert Twilio not in carriers_of("email")
    assert Mailgun in carriers_of("email")
    assert carriers_of("pigeon") == []


def test_the_timeouts_of_the_settings_are_used():
    carrier = carrier_named("twilio", settings(connect_timeout=2, call_timeout=9), SECRETS)
    assert (carrier.line._timeout.connect_timeout, carrier.line._seconds) == (2, 9)


def test_an_unknown_carrier_is_an_error_that_lists_the_known_ones():
    with pytest.raises(SettingsError, match=r"no provider “vonage”. There are: .*mailgun.*twilio"):
        carrier_named("vonage", settings(), SECRETS)


def test_the_sandbox_has_a_sender_for_each_channel_and_none_for_a_real_service():
    at_sandbox = {sender.channel: sender.provider for sender in sandbox_senders(settings())}
    assert at_sandbox.items() >= {"email": "mailgun", "sms": "twilio"}.items()
    real = settings(accounts={"twilio_base_url": "https://api.twilio.com"})
    assert {sender.channel for sender in sandbox_senders(real)} & {"email", "sms"} == {"email"}


def test_a_well_formed_new_folder_is_accepted():
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
    ("attributes", "error"),
    [
        ({}, r"vonage/ cannot be used: it must define exactly one Carrier, not 0"),
        ({"A": Twilio}, "exactly one Carrier, not 0"),
        ({"A": type("A", (Twilio,), {}), "B": type("B", (Twilio,), {})}, "exactly one Carrier, not 2"),
        (
            {"Unfinished": Unfinished},
            "Unfinished does not define call, read_body, read_events, refusal, verify_signature, account",
        ),
        ({"Nameless": Nameless}, "needs a frozenset of channels"),
        ({"Greedy": Greedy}, "batch_size of 1 or more"),
        ({"Foreign": Foreign}, "has sandbox_senders for sms, which it does not carry"),
        ({"Whole": Whole}, "the name of Whole is 'whole', not 'vonage'"),
    ],
)
def test_a_malformed_folder_is_explained(attributes, error):
    module_of_twilio = Twilio.__module__
    folder = ModuleType("pipelines.providers.carriers.vonage")
    for name, value in attributes.items():
        if value is not Twilio:
            value.__module__ = folder.__name__
        setattr(folder, name, value)
    with pytest.raises(SettingsError, match=error):
        carriers_in([folder])
    assert Twilio.__module__ == module_of_twilio
