"""Services are found by scanning; a malformed folder fails with a sentence."""

import itertools

import pytest
from starlette.routing import Route

from pipelines.errors import SettingsError
from pipelines.sandbox.config import SandboxConfig
from pipelines.sandbox.services import check_paths, open_services, secret_names, service_classes
from tests.fixtures_sandbox import SECRETS

NUMBER = itertools.count()
GOOD = """
from pipelines.sandbox.service import Frame, Service, State, Step

class Pigeon(Service):
    name = "pigeon"
    title = "Pigeon post"
    credentials = ("ring",)
    fates = {"landed": (Step("landed", 1.0),)}
    states = {"landed": State("landed", "done")}
    frames = {"loft": Frame("loft.html", "Loft", "loft")}

    def routes(self, take, index):
        return []

    def callback(self, message, change, url):
        return b"", {}

SERVICE = Pigeon
"""


@pytest.fixture
def scanned(tmp_path, monkeypatch):
    """Scan a folder of services that contains this one."""
    monkeypatch.syspath_prepend(str(tmp_path))

    def scan(source):
        package = f"strange{next(NUMBER)}"
        place = tmp_path / package / "pigeon"
        place.mkdir(parents=True)
        (place / "loft.html").touch()
        (tmp_path / package / "pages").mkdir()
        if source is not None:
            (place / "__init__.py").write_text(source)
        return service_classes(package, tmp_path / package)

    return scan


def test_our_services_and_their_secrets():
    classes = service_classes()
    assert {"twilio", "mailgun"} <= classes.keys()
    assert {"twilio_auth_token", "mailgun_signing_key"} <= set(secret_names(classes.values()))


def test_a_folder_is_a_service(scanned):
    assert scanned(GOOD)["pigeon"].title == "Pigeon post"


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        (None, r"it has no __init__\.py"),
        ("", "has no SERVICE = … that is a subclass of Service"),
        ("SERVICE = object()", "has no SERVICE"),
        (GOOD.replace('title = "Pigeon post"', ""), "Pigeon lacks title"),
        (GOOD.replace("def callback", "def call"), "Pigeon lacks callback"),
        (GOOD.replace('"pigeon"', '"dove"'), "the service is named 'dove'"),
        (GOOD.replace("loft.html", "nest.html"), r"the frame for 'loft' needs the file nest\.html"),
        (GOOD.replace('{"loft": Frame("loft.html", "Loft", "loft")}', "{}"), "it has no frame"),
        (GOOD.replace('Step("landed"', 'Step("eaten"'), "its states lack eaten"),
        (GOOD.replace('"done"', '"green"'), "there is no mark green; allowed: done, moving, needs, waiting"),
    ],
)
def test_a_malformed_folder_fails_with_a_sentence(scanned, source, sentence):
    with pytest.raises(SettingsError, match=sentence) as caught:
        scanned(source)
    assert str(caught.value).startswith("The service folder pigeon/ of the sandbox cannot be used: ")


def test_missing_secrets_are_named(tmp_path):
    lacking = SECRETS | {"mailgun_api_key": ""}
    del lacking["twilio_auth_token"]
    with pytest.raises(
        SettingsError, match=r"these secrets are missing: mailgun_api_key and twilio_auth_token\."
    ):
        open_services(SandboxConfig(tmp_path, lacking))


def test_two_services_cannot_share_a_path():
    def answer(request):
        return request

    check_paths([Route("/v1/{a}", answer), Route("/v1/{b}", answer, methods=["POST"])])
    with pytest.raises(SettingsError, match=r"Two services .* answer to GET /v1/\{\} and HEAD /v1/\{\}\."):
        check_paths([Route("/v1/{a}", answer), Route("/v1/{b}", answer)])
