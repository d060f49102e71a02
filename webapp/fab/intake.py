"""How large a request may be, and where a large one is stored: on disk beside the files, never in memory (S7, S12)."""

from contextlib import suppress
from tempfile import SpooledTemporaryFile
from typing import IO, Any

from flask import Flask, Request, current_app, request

from pipelines.errors import NoRoom
from pipelines.settings import Settings
from pipelines.store.files import Files
from webapp.fab.marks import TAKES_FILES, marked

KIB = 1024
# In the environment of a request whose body was not read because the disk is full.
NO_ROOM_KEY = "packetboat.no_room"
FORM_BYTES = 1024 * KIB
ENVELOPE_BYTES = 64 * KIB  # the form fields and boundaries around an uploaded file


class _Spool(SpooledTemporaryFile[bytes]):
    """Closes itself when the disk is full, because Werkzeug does not close the files of a form that it cannot finish."""

    def write(self, data: Any) -> int:
        try:
            return super().write(data)
        except OSError:
            with suppress(OSError):
                self.close()
            raise


class PortalRequest(Request):
    """A request whose uploaded files are written to our own folder, because the system's temporary folder may be in memory."""

    def _get_file_stream(
        self,
        total_content_length: int | None,  # noqa: ARG002 - Werkzeug's signature
        content_type: str | None,  # noqa: ARG002
        filename: str | None = None,  # noqa: ARG002
        content_length: int | None = None,  # noqa: ARG002
    ) -> IO[bytes]:
        files = Files(current_app.extensions["packetboat"].settings)
        return _Spool(max_size=256 * KIB, dir=str(files.spool_folder()))


def max_upload_bytes(settings: Settings) -> int:
    """The longest body that can contain a file of the largest accepted size."""
    return settings.upload_max_bytes + ENVELOPE_BYTES


def limit(app: Flask) -> None:
    """Limit the length of each request's body before it is read."""
    upload_bytes = max_upload_bytes(app.extensions["packetboat"].settings)

    @app.before_request
    def limit_body() -> None:
        if marked(app, request.endpoint, TAKES_FILES):
            request.max_content_length = upload_bytes
        else:
            request.max_content_length = FORM_BYTES


def reserve_room(app: Flask) -> None:
    """Refuse an upload for which the disk has no space (NoRoom). The front has already checked large ones before reading them."""
    files = Files(app.extensions["packetboat"].settings)

    @app.before_request
    def look_for_room() -> None:
        if marked(app, request.endpoint, TAKES_FILES) and request.method == "POST":
            if request.environ.get(NO_ROOM_KEY):
                raise NoRoom
            # It is complete, but will briefly exist twice more: parsed from the form, and as the stored file.
            files.check_room(2 * (request.content_length or 0))
