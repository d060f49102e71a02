"""How much a request may bring, and where a large one waits: on disk beside the files, never in memory (S7, S12)."""

from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Flask, Request, current_app, request

from pipelines.errors import NoRoom
from pipelines.settings import Settings
from pipelines.store.files import Files
from webapp.fab.marks import TAKES_FILES, marked

KIB = 1024
NO_ROOM_FOUND = (
    "packetboat.no_room"  # in the environment of a request whose body was not read for want of room
)
FORM_BYTES = 1024 * KIB
ENVELOPE_BYTES = 64 * KIB  # the fields and borders around an uploaded file


class _Spool(SpooledTemporaryFile[bytes]):
    """Closed at once when the disk is full: Werkzeug forgets the files of a form that it could not read to its end."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            with suppress(OSError):
                self.close()
            raise


class PortalRequest(Request):
    """A request whose uploaded files are written to our own disk: a temporary folder may be memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - Werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        files = Files(current_app.extensions["packetboat"].settings)
        return _Spool(max_size=256 * KIB, dir=files.spool_folder())


def most_upload_bytes(settings: Settings) -> int:
    """The longest body that can hold a file of the size that is taken in."""
    return settings.upload_max_bytes + ENVELOPE_BYTES


def limit(app: Flask) -> None:
    """Set for each request how long its body may be, before anybody reads it."""
    upload_bytes = most_upload_bytes(app.extensions["packetboat"].settings)

    @app.before_request
    def limit_body() -> None:
        if marked(app, request.endpoint, TAKES_FILES):
            request.max_content_length = upload_bytes
        else:
            request.max_content_length = FORM_BYTES


def reserve_room(app: Flask) -> None:
    """Refuse an upload that the disk has no room for (NoRoom): large ones before they are read, which the front has looked at."""
    files = Files(app.extensions["packetboat"].settings)

    @app.before_request
    def look_for_room() -> None:
        if marked(app, request.endpoint, TAKES_FILES) and request.method == "POST":
            if request.environ.get(NO_ROOM_FOUND):
                raise NoRoom
            # It came whole. For a moment it is there twice more: taken out of the form, and as the file that is kept.
            files.check_room(2 * (request.content_length or 0))
