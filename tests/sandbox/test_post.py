"""The small client for callbacks."""

import asyncio
import time

import pytest

from pipelines.sandbox.post import Poster
from tests.fixtures_sandbox import answering, read_request


def post_all(url, bodies, at_once=4, timeout=1.0):
    async def run():
        poster, gate = Poster(), asyncio.Semaphore(at_once)

        async def one(body):
            async with gate:
                return await poster.post(url, body, {"X-Kind": "test"}, timeout)

        try:
            return await asyncio.gather(*map(one, bodies))
        finally:
            poster.close()

    return asyncio.run(run())


def test_connections_are_reused(raw_server):
    server = raw_server(answering(204, ""))
    assert post_all(server.url + "/a?b=c", [b"x"] * 100) == [204] * 100
    assert len(server.connections) <= 4


def test_the_request_is_complete(raw_server):
    seen = []

    def behave(connection):
        seen.append(read_request(connection))
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nbye")

    server = raw_server(behave)
    assert post_all(server.url + "/hooks?attempt=1", [b"a=1"]) == [200]
    head, _, body = seen[0].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /hooks?attempt=1 HTTP/1.1\r\nHost: 127.0.0.1:")
    assert b"X-Kind: test" in head
    assert body == b"a=1"


def test_an_answer_that_ends_the_connection_is_followed_by_a_new_one(raw_server):
    def behave(connection):
        read_request(connection)
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")

    server = raw_server(behave)
    assert post_all(server.url, [b"x"] * 5, at_once=1) == [200] * 5
    assert len(server.connections) == 5


@pytest.mark.parametrize(
    ("behave", "error"),
    [
        (lambda connection: read_request(connection) and connection.close(), ConnectionError),
        (lambda connection: connection.sendall(b"not http\r\n\r\n"), ConnectionError),
        (lambda _connection: time.sleep(3), TimeoutError),
    ],
    ids=["closed", "not http", "silent"],
)
def test_no_answer_is_an_error(raw_server, behave, error):
    with pytest.raises(error):
        post_all(raw_server(behave).url, [b"x"], timeout=0.5)


def test_no_listener():
    with pytest.raises(ConnectionRefusedError):
        post_all("http://127.0.0.1:9", [b"x"])
