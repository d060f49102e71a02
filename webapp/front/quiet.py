"""The last handler of exceptions: the text of one may quote a row, so only its type and place are logged (S2)."""

from pathlib import PurePath
from traceback import walk_tb

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.public.answers import answer

log = structlog.get_logger(__name__)

BROKEN = 500


class Quiet:
    """An application whose exceptions reach neither the caller nor, with their text, the log. An incomplete answer is cut off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - the last handler
            *_, (frame, line) = walk_tb(error.__traceback__)
            place = f"{PurePath(frame.f_code.co_filename).name}:{line}"
            log.error("answer_failed", kind=type(error).__name__, place=place)  # noqa: TRY400 - see above
            if not started:
                await answer(BROKEN)(scope, receive, send)
