"""Nothing is loaded from other hosts: no page and no file of the portal names one, and vendored files have their licence."""

import re
from pathlib import Path

import pytest

from pipelines.settings import PROJECT
from tests.webapp.stories import finished

STATIC = PROJECT / "webapp" / "static"
# XML namespaces, which are never fetched, and addresses in comments of HTMX.
NAMES = ("http://www.w3.org/",)
OTHER_HOST = re.compile(r"""(?:https?:)?//[a-z0-9-]+(?:\.[a-z0-9-]+)+[^\s"'`)]*""", re.IGNORECASE)
LOADS = re.compile(r"""(?:src|href|action|url)\s*[=(]\s*["']?((?:https?:)?//[^"')\s>]+)""", re.IGNORECASE)


def own_files():
    return sorted(file for file in STATIC.rglob("*") if file.suffix in {".css", ".js", ".svg"})


@pytest.mark.parametrize("file", own_files(), ids=lambda file: str(file.relative_to(STATIC)))
def test_no_file_of_ours_names_another_host(file):
    hosts = [address for address in OTHER_HOST.findall(file.read_text()) if not address.startswith(NAMES)]
    assert hosts == []


@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # Flask-AppBuilder's own forms
def test_no_page_loads_from_another_host(boat, app, clinic, support):
    packet = finished(boat.engine("worker"), clinic.business, rows=9, held=2)
    pages = {
        f"/packets/{packet}": support,
        f"/packets/{packet}/held": support,
        f"/packets/{packet}/again/clean": support,
        "/packets/": support,
    }
    pages |= {
        "/send/": clinic.person,
        "/users/userinfo/": clinic.person,
        "/resetmypassword/form": clinic.person,
        "/nowhere": clinic.person,
    }
    for address, person in pages.items():
        answer = person.get(address)
        airflow = f"http://127.0.0.1:{boat.settings.airflow_port}/dags/"
        loaded = [url for url in LOADS.findall(answer.text) if not url.startswith(airflow)]
        assert loaded == [], address
        assert 'style="' not in re.sub(r"<main.*</main>", "", answer.text, flags=re.DOTALL), (
            "the policy allows no inline style"
        )
    assert LOADS.findall(app.test_client().get("/login/").text) == []


def test_vendored_files_have_their_licence():
    folders = [folder for folder in (STATIC / "vendor").iterdir() if folder.is_dir()]
    assert {folder.name for folder in folders} == {"htmx", "lucide"}
    assert all((folder / "LICENSE").read_text() for folder in folders)


def test_every_icon_that_a_template_names_exists():
    drawn = set(re.findall(r'symbol id="([\w-]+)"', (STATIC / "icons.svg").read_text()))
    named: set[str] = set()
    for template in (PROJECT / "webapp").rglob("*.html"):
        named |= set(re.findall(r'icon\("([\w-]+)"\)', template.read_text()))
    assert named
    assert named | {f"mark-{state}" for state in ("waiting", "moving", "done", "needs")} <= drawn


def test_colours_are_tokens():
    """Outside the first block of the style sheet no colour is written as a number."""
    for sheet in ("packetboat.css",):
        content = Path(STATIC / sheet).read_text()
        rest = content.split("/* Ground */")[-1]
        assert re.findall(r"#[0-9a-f]{3,8}\b(?![^{]*\{)", rest, re.IGNORECASE) == []


def _luminance(colour):
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


PAIRS = [("ink", "paper"), ("ink", "ground"), ("soft", "paper"), ("soft", "ground"), ("accent", "paper"), ("accent", "ground"), ("on-accent", "accent"),
         ("accent-deep", "accent-wash"), ("waiting", "paper"), ("moving", "paper"), ("done", "paper"), ("needs", "paper"), ("needs", "ground"),
         ("ink", "needs-wash"), ("ink", "done-wash"), ("ink", "accent-wash")]  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("front", "behind"), PAIRS)
def test_text_is_readable(scheme, front, behind):
    """WCAG 2.2, 1.4.3: a contrast of at least 4.5."""
    light, dark = re.findall(r":root \{(.*?)\}", (STATIC / "packetboat.css").read_text(), re.DOTALL)[:2]
    tokens = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", light))
    if scheme == "dark":
        tokens |= dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", dark))
    bright, dim = sorted((_luminance(tokens[front]), _luminance(tokens[behind])), reverse=True)
    assert (bright + 0.05) / (dim + 0.05) >= 4.5
