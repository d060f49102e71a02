"""Answers as the person who got a message: the service passes the text on to us, signed, as it would pass on a real answer."""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import replace
from urllib.parse import parse_qs, urlencode, urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import Accepted, Journal, Replied
from pipelines.sandbox.post import Poster
from pipelines.sandbox.service import Service

SEE_OTHER = 303
MAX_FORM = 16 * 1024


class Script(BaseModel):
    """What a person answers to the newest message to `address`; `times` repeats the call, `seconds` delays it, `forged` signs it wrongly."""

    model_config = ConfigDict(extra="forbid")

    address: str = Field(max_length=320)
    text: str = Field(max_length=1600)
    channel: str | None = None
    times: int = Field(1, ge=1, le=100)
    seconds: float = Field(0.0, ge=0, le=600)
    forged: bool = False


class Answering:
    """The paths on which one answers."""

    def __init__(self, services: Mapping[str, Service], index: Index, journal: Journal) -> None:
        self._services = services
        self._index = index
        self._journal = journal
        self._poster = Poster()
        self._late: set[asyncio.Task[list[int | None]]] = set()

    def routes(self) -> list[Route]:
        return [
            Route("/sandbox/replies", self.reply, methods=["POST"]),
            Route("/sandbox/answer", self.answer, methods=["POST"]),
        ]

    async def close(self) -> None:
        for task in self._late:
            task.cancel()
        await asyncio.gather(*self._late, return_exceptions=True)
        self._poster.close()

    async def reply(self, request: Request) -> Response:
        """A script in JSON. Returns the status of each call; of a delayed one nothing."""
        try:
            script = Script.model_validate_json(await request.body())
        except ValidationError as error:
            return JSONResponse({"error": str(error)}, 400)
        message = await self._newest(script)
        if message is None:
            return JSONResponse({"error": "nothing that can be answered was sent to this address"}, 404)
        if script.seconds:
            task = asyncio.create_task(self._pass_on(script, message))
            self._late.add(task)
            task.add_done_callback(self._late.discard)
            return JSONResponse({"statuses": []})
        return JSONResponse({"statuses": await self._pass_on(script, message)})

    async def answer(self, request: Request) -> Response:
        """The form below a person's messages."""
        fields = parse_qs((await request.body())[:MAX_FORM].decode(errors="replace"))
        try:
            script = Script.model_validate({name: values[0] for name, values in fields.items()})
        except ValidationError:
            return Response("Write an answer of at most 1,600 characters.", 400, media_type="text/plain")
        if message := await self._newest(script):
            await self._pass_on(script, message)
        return RedirectResponse("/?" + urlencode({"to": script.address}), SEE_OTHER)

    async def _newest(self, script: Script) -> Accepted | None:
        found = await asyncio.to_thread(self._index.find, to=script.address, channel=script.channel, limit=1)
        message = found[0].message if found else None
        return message if message and message.service in self._services and self._url(message) else None

    async def _pass_on(self, script: Script, message: Accepted) -> list[int | None]:
        await asyncio.sleep(script.seconds)
        service, url = self._services[message.service], self._url(message)
        if script.forged:
            config = replace(service.config, secrets=dict.fromkeys(service.config.secrets, "forged"))
            service = type(service)(config)
        call = service.reply(message, script.text, url)
        if call is None:
            return []
        return [await self._post(message, script.text, url, *call) for _ in range(script.times)]

    async def _post(
        self, message: Accepted, text: str, url: str, body: bytes, headers: dict[str, str]
    ) -> int | None:
        status, failure = None, None
        try:
            status = await self._poster.post(url, body, headers, self._services[message.service].timeout)
        except (OSError, ValueError) as error:
            failure = type(error).__name__
        self._journal.append(
            [
                Replied(
                    message.id,
                    message.service,
                    message.channel,
                    time.time(),
                    message.to,
                    message.sender,
                    text,
                    status,
                    failure,
                )
            ]
        )
        return status

    def _url(self, message: Accepted) -> str:
        """Where answers go: beside the callbacks. Empty when the service has no address of ours."""
        callbacks = message.callback or self._services[message.service].config.hook(message.service) or ""
        parts = urlsplit(callbacks)
        return urlunsplit((parts.scheme, parts.netloc, f"{parts.path}/replies", "", "")) if callbacks else ""
