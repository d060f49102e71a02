"""The portal's pages behind the front: a request is read completely before one of the portal's threads handles it.

A file is read only if the sender may open the form, so a stranger cannot fill the disk.
"""

from contextlib import suppress
from tempfile import SpooledTemporaryFile

import structlog
from flask import Flask
from starlette.types import Message, Receive, Scope, Send
from werkzeug.exceptions import HTTPException

from pipelines.errors import NoRoom
from pipelines.store.files import Files
from webapp.body import IN_MEMORY, CallerLeft, TooLong, read_whole
from webapp.fab.intake import FORM_BYTES, NO_ROOM_KEY, max_upload_bytes
from webapp.fab.marks import TAKES_FILES, marked
from webapp.front.threads import Environ, Threads, environ_of
from webapp.public.answers import answer

log = structlog.get_logger(__name__)

THREADS = 24
OK, NO_ROOM = 200, 507
COPIES = 3  # of an upload at the moment when it is stored


class Portal:
    """The Flask application as an ASGI application."""

    def __init__(self, app: Flask) -> None:
        settings = app.extensions["packetboat"].settings
        self._files = Files(settings)
        self._app = app
        self._threads = Threads(app, THREADS)
        self._folder = self._files.spool_folder()
        self._upload_bytes = max_upload_bytes(settings)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        environ = environ_of(scope)
        max_bytes, declared = self._max_bytes(environ), _declared(environ)
        if max_bytes > FORM_BYTES and (declared is None or declared > FORM_BYTES):
            refusal = await self._refusal(environ)
            if refusal:
                for message in refusal:
                    await send(message)
                return
        with suppress(CallerLeft), SpooledTemporaryFile(max_size=IN_MEMORY, dir=str(self._folder)) as body:
            if declared is not None and self._lacks_room(declared):
                # Nothing is read: the portal answers with its own page.
                environ[NO_ROOM_KEY] = True
                await self._threads.answer(environ, body, None, send)
                return
            try:
                size = (
                    max_bytes + 1
                    if (declared or 0) > max_bytes
                    else await read_whole(receive, max_bytes, body)
                )
            except TooLong:
                size = max_bytes + 1
            except OSError as error:
                log.warning("body_not_kept", kind=type(error).__name__, errno=error.errno)
                await answer(NO_ROOM)(scope, receive, send)
                return
            environ["CONTENT_LENGTH"] = str(size)
            if size > max_bytes:
                # The portal answers with its own page: it looks only at the length.
                body.seek(0)
                body.truncate()
            await self._threads.answer(environ, body, receive if size <= max_bytes else None, send)

    def _lacks_room(self, length: int) -> bool:
        """Whether the disk has too little space for a file of this length: it exists as received, as parsed, and as stored."""
        if length <= FORM_BYTES:
            return False
        try:
            self._files.check_room(COPIES * length)
        except NoRoom:
            return True
        return False

    def _max_bytes(self, environ: Environ) -> int:
        return self._upload_bytes if self._takes_files(environ) else FORM_BYTES

    def _takes_files(self, environ: Environ) -> bool:
        """Whether the portal's route for this request is marked with TAKES_FILES."""
        if environ["REQUEST_METHOD"] != "POST":
            return False
        path = environ["PATH_INFO"].encode("latin-1").decode(errors="replace")
        try:
            endpoint, _ = self._app.url_map.bind("portal").match(path, "POST")
        except HTTPException:
            return False
        return marked(self._app, endpoint, TAKES_FILES)

    async def _refusal(self, environ: Environ) -> list[Message]:
        """The answer to a sender who may not open the form; empty if the form's page opens."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        get_environ = {name: value for name, value in environ.items() if not name.startswith("CONTENT_")}
        with SpooledTemporaryFile() as empty:
            await self._threads.answer(get_environ | {"REQUEST_METHOD": "GET"}, empty, None, keep)
        return [] if messages and messages[0]["status"] == OK else messages


def _declared(environ: Environ) -> int | None:
    """The declared length of the body in bytes; None for a chunked one."""
    if "HTTP_TRANSFER_ENCODING" in environ:
        del environ["HTTP_TRANSFER_ENCODING"]
        return None
    return int(environ.get("CONTENT_LENGTH", 0))
