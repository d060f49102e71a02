"""Addresses that clients name: only public ones are called, and the name is resolved once (S8)."""

import socket
import time

import pytest

from pipelines.providers.http import outward
from pipelines.providers.http.outward import Refused, check, post
from tests.fixtures_sandbox import answering, read_request

# Every way to write a private place that we know of.
PRIVATE = [
    "https://127.0.0.1/", "https://127.0.0.1:8070/x", "https://127.1/", "https://127.0.1/", "https://2130706433/", "https://0x7f000001/",
    "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://017700000001/", "https://127.000.000.001/", "https://0/", "https://0.0.0.0/",
    "https://localhost/", "https://LOCALHOST/", "https://localhost./", "https://[::1]/", "https://[0:0:0:0:0:0:0:1]/", "https://[::]/",
    "https://[::ffff:127.0.0.1]/", "https://[::ffff:7f00:1]/", "https://[::ffff:10.0.0.1]/", "https://[::ffff:169.254.169.254]/",
    "https://[64:ff9b::7f00:1]/", "https://[64:ff9b::10.0.0.1]/", "https://[64:ff9b:1::1]/", "https://[2002:7f00:1::]/", "https://[2002:a00:1::]/",
    "https://[2001::1]/", "https://[fe80::1]/", "https://[fe80::1%25lo]/", "https://[fc00::1]/", "https://[fd12:3456::1]/", "https://[ff02::1]/",
    "https://10.0.0.1/", "https://10.255.255.255/", "https://172.16.0.1/", "https://172.31.255.254/", "https://192.168.0.1/",
    "https://169.254.169.254/latest/meta-data/", "https://169.254.1.1/", "https://100.64.0.1/", "https://192.0.0.1/", "https://192.0.2.1/",
    "https://198.18.0.1/", "https://198.51.100.1/", "https://203.0.113.1/", "https://224.0.0.1/", "https://239.255.255.255/", "https://240.0.0.1/",
    "https://255.255.255.255/", "https://0xa9fea9fe/", "https://2852039166/", "https://0xc0a80001/", "https://3232235521/",
]  # fmt: skip
# Some forms are unknown to the resolver of this machine.
KNOWN_REFUSALS = r"^(not_public|gaierror|UnicodeError)$"
MALFORMED = [
    "http://example.com/", "ftp://example.com/", "file:///etc/passwd", "//example.com/", "example.com", "", "https://", "https:///x",
    "https://user@example.com/", "https://user:secret@example.com/", "https://example.com:0/", "https://example.com:99999/",
    "https://example.com:x/", "https://exa mple.com/", "https://example.com/\r\nX: y", "https://example.com/a b", "gopher://example.com/",
    "javascript:alert(1)", "https://[::1", "https://example.com/\x00",
]  # fmt: skip


@pytest.mark.parametrize("url", PRIVATE)
def test_a_private_place_is_refused(url):
    with pytest.raises((Refused, ConnectionError), match=KNOWN_REFUSALS):
        post(url, b"", {})


@pytest.mark.parametrize("url", MALFORMED)
def test_a_malformed_address_is_refused(url):
    with pytest.raises(Refused):
        check(url)


def test_there_are_enough_forms():
    assert len(PRIVATE) + len(MALFORMED) >= 60


def resolving_to(monkeypatch, *addresses):
    """Let every name resolve to these addresses; returns the calls of the resolver."""
    calls = []

    def resolve(host, port, **_more):
        calls.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]

    monkeypatch.setattr(outward.socket, "getaddrinfo", resolve)
    return calls


def test_a_public_name_with_a_private_address_among_others_is_refused(monkeypatch):
    resolving_to(monkeypatch, "8.8.8.8", "127.0.0.1")
    with pytest.raises(Refused, match="not_public"):
        post("https://rebinding.example/", b"", {})


def test_the_name_is_resolved_once_and_the_call_goes_to_that_address(monkeypatch, receiver):
    """A name server that gives another address the second time cannot redirect the call."""
    port = receiver.url.rpartition(":")[2]
    calls = resolving_to(monkeypatch, "127.0.0.1")
    monkeypatch.setattr(outward, "is_public", lambda _address: True)
    monkeypatch.setattr(
        "urllib3.util.connection.create_connection", lambda address, *_more, **_named: _direct(address)
    )
    assert post(f"http://name.example:{port}/hook?x=1", b"{}", {"A": "b"}, allow_loopback=True) == 204
    assert calls == ["name.example"]
    (request,) = receiver.received
    assert (request.url, request.headers["a"]) == (f"http://name.example:{port}/hook?x=1", "b")


def _direct(address):
    assert address[0] == "127.0.0.1"
    sock = socket.socket()
    sock.connect(address)
    return sock


def test_a_redirect_is_not_followed(raw_server):
    target = raw_server(answering(200, ""))
    first = raw_server(answering(302, "", f"Location: {target.url}/"))
    assert post(first.url + "/", b"", {}, allow_loopback=True) == 302
    assert target.connections == []


def test_loopback_only_where_it_is_allowed(receiver):
    with pytest.raises(Refused):
        post(receiver.url, b"", {})
    assert post(receiver.url, b"", {}, allow_loopback=True) == 204


@pytest.mark.parametrize("at_once", [0, len("HTTP/1.1 200 OK\r\nX: y\r\n")])
def test_an_answer_that_comes_byte_by_byte_is_cut_and_is_none(raw_server, monkeypatch, at_once):
    monkeypatch.setattr(outward, "SECONDS", 0.5)

    answer, sent = b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 100, []

    def drip(connection):
        read_request(connection)
        connection.sendall(answer[:at_once])
        for letter in answer[at_once:]:
            connection.sendall(bytes([letter]))
            sent.append(letter)
            time.sleep(0.05)

    with pytest.raises(ConnectionError):
        post(raw_server(drip).url, b"", {}, allow_loopback=True)
    assert len(sent) < len(answer) / 10, "the call did not wait for the end"


def test_nobody_there(monkeypatch):
    with pytest.raises(ConnectionError):
        post("http://127.0.0.1:9/", b"", {}, allow_loopback=True)
