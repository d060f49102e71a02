"""The last to catch what broke: the text of an exception may quote a row, so only its kind and place are logged (S2)."""

from pathlib import PurePath
from traceback import walk_tb

import structlog
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from webapp.public.answers import answer

log = structlog.get_logger(__name__)

BROKEN = 500


class Quiet:
    """A program whose exceptions reach neither the caller nor, word by word, the log. A half answer is cut off."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def watched(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        try:
            await self._app(scope, receive, watched)
        except Exception as error:  # noqa: BLE001 - whatever it is
            *_, (frame, line) = walk_tb(error.__traceback__)
            place = f"{PurePath(frame.f_code.co_filename).name}:{line}"
            log.error("answer_failed", kind=type(error).__name__, place=place)  # noqa: TRY400 - see above
            if not begun:
                await answer(BROKEN)(scope, receive, send)
