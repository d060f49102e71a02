"""Deadlines: cut when due, not before, never after release."""

import threading
import time

from pipelines.providers.http.watchdog import TICK, Watchdog

SOON = 3 * TICK


class Cut:
    def __init__(self, ready=True):
        self.ready = ready
        self.asked = 0
        self.done = threading.Event()

    def cut(self):
        self.asked += 1
        if self.ready:
            self.done.set()
        return self.ready


def test_what_is_overdue_is_cut_once():
    watchdog, thing = Watchdog(), Cut()
    watchdog.watch(thing, time.monotonic() + 0.1)
    assert thing.done.wait(0.1 + SOON)
    time.sleep(SOON)
    assert thing.asked == 1


def test_what_is_released_is_left_alone():
    watchdog, thing = Watchdog(), Cut()
    watchdog.watch(thing, time.monotonic() + 0.1)
    watchdog.release(thing)
    assert not thing.done.wait(0.1 + SOON)


def test_a_new_deadline_replaces_the_old():
    watchdog, thing = Watchdog(), Cut()
    watchdog.watch(thing, time.monotonic() + 0.1)
    watchdog.watch(thing, time.monotonic() + 60)
    assert not thing.done.wait(0.1 + SOON)


def test_what_cannot_be_cut_yet_is_asked_again():
    watchdog, thing = Watchdog(), Cut(ready=False)
    watchdog.watch(thing, time.monotonic())
    time.sleep(SOON)
    assert thing.asked > 1
    thing.ready = True
    assert thing.done.wait(SOON)


def test_it_wakes_from_its_sleep():
    watchdog, first, second = Watchdog(idle_ticks=0), Cut(), Cut()
    watchdog.watch(first, time.monotonic())
    assert first.done.wait(SOON)
    time.sleep(SOON)
    watchdog.watch(second, time.monotonic())
    assert second.done.wait(SOON)
