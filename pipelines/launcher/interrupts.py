"""Ctrl-C and termination signals: delayed during the start, immediate while the system runs, ignored while it stops.

During the start a signal must not arrive between the start of a process and its entry in the run file.
"""

import signal
import threading
from collections.abc import Callable
from types import FrameType, TracebackType
from typing import Any, Self

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Interrupts:
    """A signal waits for the next `checkpoint()`. After `let_through()` it interrupts at once, after `ignore()` it is dropped.

    A signal that was ignored before (nohup, a background job) stays ignored. Outside the main thread nothing is installed.
    """

    def __init__(self) -> None:
        self._mode = "delay"
        self._pending: int | None = None
        self._before: dict[signal.Signals, Callable[[int, FrameType | None], Any] | int | None] = {}

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._handle)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)

    def checkpoint(self) -> None:
        """A safe place to stop: raises the exception of a pending signal."""
        if self._pending is not None:
            self._raise(self._pending)

    def let_through(self) -> None:
        """From here on a signal interrupts immediately."""
        self._mode = "raise"
        self.checkpoint()

    def ignore(self) -> None:
        """From here on signals are dropped, because everything is already being stopped."""
        self._mode = "ignore"

    def end_main(self) -> None:
        """Called by another thread: stop the main thread, in the same way as a signal from outside."""
        main = threading.main_thread().ident
        if signal.SIGTERM in self._before and main is not None:
            signal.pthread_kill(main, signal.SIGTERM)

    def _handle(self, number: int, _frame: FrameType | None) -> None:
        if self._mode == "delay":
            self._pending = number
        elif self._mode == "raise":
            self._raise(number)

    def _raise(self, number: int) -> None:
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)
