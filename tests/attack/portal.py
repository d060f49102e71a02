"""The portal over real HTTP, and people who come to it from addresses of their own, all of them on this machine."""

import re
import threading
from dataclasses import dataclass, field
from uuid import uuid4

import pytest
import requests
from requests.adapters import HTTPAdapter
from werkzeug.serving import make_server

from tests.webapp.conftest import PASSWORD, app, boat
from webapp.create_user import create_user

__all__ = ["app", "boat"]


@pytest.fixture(scope="module")
def portal(app):
    """Where the portal answers: a thread per request."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def username(app):
    """The name of a log-in of this test alone, with the password PASSWORD."""
    name = f"agent-{uuid4().hex[:8]}"
    create_user(app, name, PASSWORD, "support")
    return name


class FromAddress(HTTPAdapter):
    def __init__(self, source):
        self.source = source
        super().__init__()

    def init_poolmanager(self, *arguments, **more):
        super().init_poolmanager(*arguments, source_address=(self.source, 0), **more)


@dataclass
class Browser:
    """A browser with its cookies at one network address."""

    portal: str
    source: str = "127.0.0.1"
    http: requests.Session = field(default_factory=requests.Session)

    def __post_init__(self):
        self.http.trust_env = False
        self.http.mount("http://", FromAddress(self.source))

    def get(self, path):
        return self.http.get(self.portal + path, allow_redirects=False, timeout=30)

    def post(self, path, *, form, **data):
        """Send `data` to `path` with the token of the page at `form`."""
        token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', self.get(form).text)
        data["csrf_token"] = token[1] if token else ""
        return self.http.post(self.portal + path, data=data, allow_redirects=False, timeout=30)

    def log_in(self, username, password=PASSWORD):
        return self.post("/login/", form="/login/", username=username, password=password)

    def copy(self, **more):
        """Another browser that holds the same cookies."""
        other = Browser(self.portal, **more)
        other.http.cookies.update(self.http.cookies)
        return other

    def is_in(self):
        return self.get("/packets/").status_code == 200
