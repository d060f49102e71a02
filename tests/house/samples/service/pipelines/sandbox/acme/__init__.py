"""Acme, an invented carrier of pages: one path to send, a bearer token, one callback signed with HMAC-SHA256."""

import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Mapping, Sequence
from typing import ClassVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from pipelines.sandbox.journal import Accepted
from pipelines.sandbox.listing import Listing
from pipelines.sandbox.service import Change, Fault, Frame, Service, State, Step, Take, Wording


class Acme(Service):
    """A page is `{"to": …, "from": …, "text": …, "report_to": …}`."""

    name = "acme"
    title = "Acme"
    credentials = ("token", "signing_key")
    fates: ClassVar[Mapping[str, Sequence[Step]]] = {
        "beeped": (Step("beeped", 0.2),),
        "off": (Step("lost", 0.2, 7),),
    }
    states: ClassVar[Mapping[str, State]] = {
        "beeped": State("beeped", "done"),
        "lost": State("not received", "needs"),
    }
    frames: ClassVar[Mapping[str, Frame]] = {"push": Frame("pager.html", "Pager", "pager")}
    special = (("To 000", "accepted, then lost: the pager is off"),)
    faults: ClassVar[Mapping[str, Fault]] = {
        "strike": Fault("not accepted: the operators are on strike", lambda _seconds: refusal(503, "strike"))
    }

    def routes(self, take: Take, listing: Listing) -> list[Route]:  # noqa: ARG002 - nothing is listed
        wording = Wording(
            success=lambda messages: JSONResponse({"page": messages[0].id}, 202),
            no_id=lambda: JSONResponse({}, 202),
            too_many=lambda seconds: refusal(429, "slower", {"Retry-After": f"{seconds:g}"}),
            broken=lambda: refusal(500, "broken"),
            faults=self.faults,
        )

        async def send(request: Request) -> Response:
            if request.headers.get("authorization") != f"Bearer {self.secrets['token']}":
                return refusal(401, "token")
            form = await request.json()
            if not form.get("to", "").isdecimal():
                return refusal(400, "to")
            message = Accepted(
                id=secrets.token_hex(8),
                service=self.name,
                channel="push",
                at=time.time(),
                to=form["to"],
                sender=form["from"],
                content={"text": form["text"]},
                fate="off" if form["to"] == "000" else "beeped",
                callback=form.get("report_to"),
            )
            return await take([message], wording)

        return [Route("/acme/pages", send, methods=["POST"])]

    def callback(self, message: Accepted, change: Change, url: str) -> tuple[bytes, dict[str, str]]:  # noqa: ARG002
        body = json.dumps({"page": message.id, "state": change.state, "code": change.code}).encode()
        signed = hmac.new(self.secrets["signing_key"].encode(), body, hashlib.sha256).hexdigest()
        return body, {"Content-Type": "application/json", "X-Acme-Signature": signed}


def refusal(status: int, reason: str, headers: dict[str, str] | None = None) -> Response:
    """An error response."""
    return JSONResponse({"reason": reason}, status, headers)


SERVICE = Acme
