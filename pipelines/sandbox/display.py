"""Records as the pages show them. The record of a service that no longer exists is shown plainly, part by part."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from pipelines.sandbox.journal import Accepted, Called, Replied
from pipelines.sandbox.service import Frame, Service, State

ACCEPTED = "accepted"


@dataclass(frozen=True, slots=True)
class Seen:
    """One message for a frame: the record, its state, and details from its service."""

    message: Accepted
    state: State
    at: str
    ago: str
    details: Mapping[str, Any]


def state_name(services: Mapping[str, Service], message: Accepted, now: float) -> str:
    """The state of a message at `now`, in its service's own term."""
    service = services.get(message.service)
    past = service.past_changes(message, now) if service else []
    return past[-1].state if past else ACCEPTED


def frame_for(services: Mapping[str, Service], service: str, channel: str) -> Frame:
    """The frame of a service for a channel, with the template's path from the template root."""
    if service not in services:
        return Frame("plain.html", channel.capitalize(), "plain")
    frame = services[service].frame(channel)
    return Frame(f"{service}/{frame.template}", frame.title, frame.look, frame.oldest_first)


def seen(services: Mapping[str, Service], message: Accepted) -> Seen:
    """A message as its frame shows it."""
    service, now = services.get(message.service), time.time()
    return Seen(
        message=message,
        state=_state(service, state_name(services, message, now)),
        at=_clock(message.at),
        ago=_ago(now - message.at),
        details=service.details(message) if service else {},
    )


def report(services: Mapping[str, Service], message: Accepted, called: Called) -> dict[str, Any]:
    """One callback about a message, and its answer."""
    good = called.http_status is not None and 200 <= called.http_status < 300
    parts = urlsplit(called.url)
    return {
        "state": _state(services.get(message.service), called.state).words,
        "at": _clock(called.at),
        "where": parts.netloc + parts.path,
        "answer": f"answered {called.http_status}" if called.http_status else f"no answer ({called.error})",
        "mark": "done" if good else "needs",
    }


def answered(reply: Replied) -> dict[str, Any]:
    """One answer of a person, and whether it was taken."""
    good = reply.http_status is not None and 200 <= reply.http_status < 300
    result = f"answered {reply.http_status}" if reply.http_status else f"no answer ({reply.error})"
    return {"text": reply.text, "at": _clock(reply.at), "answer": result, "mark": "done" if good else "needs"}


def _state(service: Service | None, name: str) -> State:
    states = service.states if service else {}
    return states.get(name, State(name, "waiting"))


def _clock(at: float) -> str:
    return f"{datetime.fromtimestamp(at, UTC):%H:%M:%S}"


def _ago(seconds: float) -> str:
    for unit, size in (("day", 86400), ("hour", 3600), ("minute", 60)):
        if seconds >= size:
            number = int(seconds // size)
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"
