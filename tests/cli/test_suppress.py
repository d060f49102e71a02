"""`packetboat suppress` and `packetboat consent`."""

import json
from uuid import uuid4

import pytest

FAILED, NEEDS_ATTENTION = 1, 3
PHONE = "+12125550123"


@pytest.fixture
def client(shell):
    slug = f"shop-{uuid4().hex[:8]}"
    assert shell("client", "add", "Corner Shop", "--slug", slug).code == 0
    return slug


def listed(shell, client):
    lines = json.loads(shell("suppress", "list", "--client", client, "--json").out)
    return {(one["address"], one["channel"], one["reason"]) for one in lines}


def test_an_address_is_read_like_a_cell_of_a_file(shell, client):
    on_sms = ("--client", client, "--channel", "sms")
    assert shell("suppress", "add", "(212) 555-0123", *on_sms).out == "It is suppressed.\n"
    assert shell("suppress", "add", PHONE, *on_sms).out == "It was suppressed already.\n"
    shell(
        "suppress", "add", "Jane@Example.com", "--client", client, "--channel", "all", "--reason", "opted_out"
    )
    assert listed(shell, client) == {(PHONE, "sms", "blocked"), ("jane@example.com", "*", "opted_out")}
    assert PHONE in shell("suppress", "list", "--client", client).out


def test_lifting_takes_a_name_and_a_reason(shell, client):
    on_sms = ("--client", client, "--channel", "sms")
    shell("suppress", "add", PHONE, *on_sms)
    assert shell("suppress", "lift", PHONE, *on_sms).code == 2
    done = shell("suppress", "lift", PHONE, *on_sms, "--because", "they called", "--by", "ana")
    assert done.out == "1 suppression lifted.\n"
    again = shell("suppress", "lift", PHONE, *on_sms, "--because", "they called", "--by", "ana")
    assert (again.code, again.sentence) == (
        FAILED,
        "This address is not suppressed on that channel. Nothing was lifted.",
    )


def test_what_holds_on_all_channels_is_not_lifted_on_one(shell, client):
    on_client, why = ("--client", client), ("--because", "they called", "--by", "ana")
    for channel in ("all", "sms"):
        shell("suppress", "add", PHONE, *on_client, "--channel", channel)
    refused = shell("suppress", "lift", PHONE, *on_client, "--channel", "sms", *why)
    assert refused.code == FAILED
    assert (
        "Lift it on all channels, then suppress it on those that the person still refuses."
        in refused.sentence
    )
    assert {channel for _, channel, _ in listed(shell, client)} == {"*", "sms"}
    assert shell("suppress", "lift", PHONE, *on_client, "--channel", "all", *why).code == 0
    assert {channel for _, channel, _ in listed(shell, client)} == {"sms"}


@pytest.fixture
def imported(shell, client, tmp_path):
    """Import a list for SMS."""

    def imported(text, channel="sms"):
        file = tmp_path / "block.csv"
        file.write_text(text)
        return shell("suppress", "import", str(file), "--client", client, "--channel", channel)

    return imported


NOTHING_PROTECTED = "Check the channel, and that commas separate the cells. These lines protect nobody.\n"


def test_a_list_is_imported(imported):
    done = imported("(212) 555-0123,rude\n+12125550123,again\n\n212 555 0124,\n")
    assert (done.code, done.out, done.err) == (0, "3 addresses, 2 of them new.\n", "")


def test_a_list_may_have_a_heading(imported):
    done = imported("Phone,Why\n(212) 555-0123,rude\n")
    assert (done.code, done.out) == (0, "1 address, 1 of them new.\n")
    assert done.err == "Not an address of this channel in the first cell: line 1\n"


def test_a_list_with_lines_that_protect_nobody_needs_attention(imported):
    done = imported("Phone,Why\n(212) 555-0123,rude\nnobody,\n")
    assert (done.code, done.out) == (NEEDS_ATTENTION, "1 address, 1 of them new.\n")
    assert done.err == "Not an address of this channel in the first cell: line 1, 3\n" + NOTHING_PROTECTED


@pytest.mark.parametrize(
    ("text", "channel"),
    [
        ("(212) 555-0123;rude\n(212) 555-0124;rude\n", "sms"),
        ("(212) 555-0123\n", "email"),
        ("Phone,Why\n", "sms"),
        ("", "sms"),
    ],
    ids=["delimiter", "channel", "heading alone", "empty"],
)
def test_a_list_that_protects_nobody_needs_attention(imported, text, channel):
    done = imported(text, channel)
    assert (done.code, done.out) == (NEEDS_ATTENTION, "0 addresses, 0 of them new.\n")
    assert done.err.endswith(NOTHING_PROTECTED)


def test_what_is_no_address_is_refused_without_repeating_it(shell, client):
    done = shell("suppress", "add", "not-a-number", "--client", client, "--channel", "sms")
    assert done.code == FAILED
    assert "not-a-number" not in done.sentence


def agree(shell, client):
    evidence = ("--text", "Yes, please.", "--source", "form")
    return shell("consent", "add", PHONE, "--client", client, "--channel", "sms", *evidence)


def test_a_consent_for_one_channel_says_that_the_person_refuses_all(shell, client):
    shell("suppress", "add", PHONE, "--client", client, "--channel", "all", "--reason", "opted_out")
    done = agree(shell, client)
    assert done.out == f"Recorded as number 1 of {client}.\n"
    assert done.err.startswith("Nothing is sent to the address: it is suppressed on all channels.")


def test_consent(shell, client):
    assert agree(shell, client).err == ""
    [one] = json.loads(shell("consent", "list", "--client", client, "--json").out)
    assert (one["address"], one["given"], one["text_shown"]) == (PHONE, True, "Yes, please.")
    assert shell("consent", "verify", "--client", client).out == "Every consent record matches its proof.\n"
