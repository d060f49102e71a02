"""What the simulated providers do wrong during a soak: every class of fault, and callbacks that are lost, repeated and reordered."""

from typing import Any

SHARE = 0.01  # of the calls, for each class of fault
CALL_TIMEOUT = 3.0  # seconds; answers slower than this are cut off

_FAULTS: tuple[dict[str, Any], ...] = (
    {"action": "too_many", "seconds": 1},
    {"action": "error_before"},
    {"action": "error_after"},
    {"action": "reset"},
    {"action": "lost_answer"},
    {"action": "delay", "seconds": 0.5},
    {"action": "slow_headers", "seconds": 2 * CALL_TIMEOUT},
    {"action": "slow_body", "seconds": 2 * CALL_TIMEOUT},
    {"action": "unreadable"},
    {"action": "no_id"},
    {"action": "queue_full", "service": "twilio"},
    {"action": "daily_limit", "service": "twilio"},
    {"action": "fate", "fate": "unreachable", "service": "twilio"},
    {"action": "fate", "fate": "unknown-number", "service": "twilio"},
    {"action": "fate", "fate": "no-receipt", "service": "twilio"},
    {"action": "callbacks_before"},
    {"action": "callbacks_late", "seconds": 5},
    {"action": "callbacks_dropped", "probability": 0.05},
    {"action": "callbacks_repeated", "probability": 0.10},
    {"action": "callbacks_reordered", "probability": 0.10},
)


def script() -> list[dict[str, Any]]:
    """The rules for the sandbox. Every call also takes a moment, so that processes are killed with calls in flight."""
    rules = [{"probability": SHARE, "seed": seed} | fault for seed, fault in enumerate(_FAULTS)]
    return [{"action": "delay", "seconds": 0.1}, *rules]
