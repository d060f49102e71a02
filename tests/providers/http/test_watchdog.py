"""A call is cut when its deadline passes, not before, and never after it was released."""

import threading
import time

from pipelines.providers.http.watchdog import TICK, Watchdog
from tests.fixtures_sandbox import eventually

SOON = 3 * TICK


class Call:
    def __init__(self, ready=True):
        self.ready = ready
        self.attempts = 0
        self.done = threading.Event()

    def cut(self):
        self.attempts += 1
        if self.ready:
            self.done.set()
        return self.ready


def test_an_overdue_call_is_cut_once():
    watchdog, thing = Watchdog(), Call()
    watchdog.watch(thing, time.monotonic() + 0.1)
    assert thing.done.wait(0.1 + SOON)
    time.sleep(SOON)
    assert thing.attempts == 1


def test_a_released_call_is_not_cut():
    watchdog, thing = Watchdog(), Call()
    watchdog.watch(thing, time.monotonic() + 0.1)
    watchdog.release(thing)
    assert not thing.done.wait(0.1 + SOON)


def test_a_new_deadline_replaces_the_old():
    watchdog, thing = Watchdog(), Call()
    watchdog.watch(thing, time.monotonic() + 0.1)
    watchdog.watch(thing, time.monotonic() + 60)
    assert not thing.done.wait(0.1 + SOON)


def test_a_call_that_cannot_be_cut_yet_is_tried_again():
    watchdog, thing = Watchdog(), Call(ready=False)
    watchdog.watch(thing, time.monotonic())
    eventually(lambda: thing.attempts > 1)
    thing.ready = True
    assert thing.done.wait(60)


def test_the_idle_thread_wakes_up():
    watchdog, first, second = Watchdog(idle_ticks=0), Call(), Call()
    watchdog.watch(first, time.monotonic())
    assert first.done.wait(SOON)
    time.sleep(SOON)
    watchdog.watch(second, time.monotonic())
    assert second.done.wait(SOON)
