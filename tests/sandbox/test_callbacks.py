"""Callbacks: on time, changed by fault scripts, retried."""

import json
import time
from dataclasses import replace

from tests.fixtures_sandbox import eventually, quick_config, running
from tests.sandbox.calling import send, settled, states


def test_many_at_once_all_arrive(sandbox, receiver):
    sent = send(sandbox, receiver, count=100)
    settled(sandbox, receiver, 200)
    attempts = [hook.url.partition("attempt=")[2] for hook in receiver.received]
    assert sorted(attempts) == sorted(2 * [str(one.attempt_id) for one in sent])


class TestBentByTheScript:
    def test_dropped(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_dropped", "to": "1$"})
        send(sandbox, receiver, "+33600000001")
        send(sandbox, receiver, "+33600000002")
        settled(sandbox, receiver, 2)
        assert all(b"33600000002" in hook.body for hook in receiver.received)

    def test_before_the_answer(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_before"})
        send(sandbox, receiver)
        assert states(receiver) == ["sent", "delivered"], "the answer came first"
        assert settled(sandbox, receiver, 2) == ["sent", "delivered"]

    def test_at_once(self, tmp_path, receiver):
        slow = replace(quick_config(tmp_path), pace=60.0)
        with running(slow) as sandbox:
            sandbox.faults({"action": "callbacks_at_once"})
            send(sandbox, receiver, count=20)
            eventually(lambda: len(receiver.received) == 40)

    def test_in_bursts(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_in_bursts", "seconds": 1})
        send(sandbox, receiver, count=5)
        settled(sandbox, receiver, 10)
        accepted = {message.id: message.at for message in sandbox.journal()}
        assert len(called(sandbox)) == 10
        for one in called(sandbox):
            assert int(one["at"]) > int(accepted[one["id"]]), "it did not wait for the end of its second"

    def test_repeated(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_repeated", "times": 3})
        send(sandbox, receiver)
        assert settled(sandbox, receiver, 6) == ["sent"] * 3 + ["delivered"] * 3
        assert len({hook.body for hook in receiver.received}) == 2, "a repeat is the same to the byte"

    def test_reordered(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_reordered"})
        send(sandbox, receiver)
        assert settled(sandbox, receiver, 2) == ["delivered", "sent"]

    def test_late(self, sandbox, receiver):
        sandbox.faults({"action": "callbacks_late", "seconds": 0.6})
        started = time.monotonic()
        send(sandbox, receiver)
        settled(sandbox, receiver, 2)
        assert time.monotonic() - started > 0.6

    def test_a_message_whose_answer_was_lost_is_reported(self, sandbox, receiver):
        """How an unknown outcome becomes known."""
        sandbox.faults({"action": "lost_answer"})
        (one,) = send(sandbox, receiver)
        settled(sandbox, receiver, 2)
        assert receiver.received[0].url.endswith(str(one.attempt_id))

    def test_a_fate(self, sandbox, receiver):
        sandbox.faults({"action": "fate", "fate": "filtered"})
        send(sandbox, receiver)
        assert settled(sandbox, receiver, 1) == ["failed"]


def called(sandbox):
    return [json.loads(line) for line in (sandbox.config.folder / "callbacks.jsonl").read_text().splitlines()]


def test_the_results_are_kept(sandbox, receiver):
    receiver.status = 500
    send(sandbox, receiver)
    settled(sandbox, receiver, 2)
    eventually(lambda: len(called(sandbox)) == 2)
    assert [(one["state"], one["http_status"]) for one in called(sandbox)] == [
        ("sent", 500),
        ("delivered", 500),
    ]


def test_a_callback_without_an_answer_is_retried_once(sandbox, receiver):
    receiver.url = "http://127.0.0.1:9"
    send(sandbox, receiver, "+15005550013")
    results = eventually(lambda: len(kept := called(sandbox)) == 2 and kept)
    assert [(one["state"], one.get("http_status"), one["error"]) for one in results] == [
        ("sent", None, "ConnectionRefusedError")
    ] * 2
