"""A new simulated service is a new folder; shared code knows no service by name."""

import contextlib
import hashlib
import hmac
import json
import os
import re
import shutil
import socket
import subprocess
import sys

import pytest
import requests

from pipelines.sandbox.faults import Action
from pipelines.sandbox.services import service_classes
from pipelines.settings import PROJECT
from tests.fixtures_sandbox import eventually, raw_server, receiver

__all__ = ["raw_server", "receiver"]

SANDBOX = PROJECT / "pipelines" / "sandbox"
SAMPLE = PROJECT / "tests" / "house" / "samples" / "sandbox_service"
SHARED = sorted([*SANDBOX.glob("*.py"), *(SANDBOX / "pages").iterdir()])
CHANNELS = {channel for kind in service_classes().values() for channel in kind.frames}
GUIDE = (PROJECT / "docs" / "adding-a-simulated-service.md").read_text()


@pytest.mark.parametrize("file", SHARED, ids=lambda file: file.name)
def test_shared_code_names_no_service(file):
    names = "|".join({*service_classes(), *CHANNELS, "e-mail"})
    named = re.findall(rf"\b(?:{names})\b", file.read_text(), re.IGNORECASE)
    assert not named


@pytest.mark.parametrize("name", service_classes())
def test_a_service_uses_no_other(name):
    for file in (SANDBOX / name).glob("*.py"):
        used = set(re.findall(r"pipelines\.sandbox\.(\w+)", file.read_text()))
        assert used & service_classes().keys() <= {name}, file.name


def test_the_guide_names_every_common_fault():
    for fault in Action:
        assert f"`{fault}`" in GUIDE


@pytest.mark.parametrize("name", service_classes())
def test_a_service_explains_its_own_faults_itself(name):
    kind = service_classes()[name]
    assert not kind.faults.keys() & {*Action}
    assert all(fault.meaning.strip() for fault in kind.faults.values())


@pytest.fixture
def copy(tmp_path):
    """A copy of the tree with the sample in it."""
    tree = tmp_path / "tree"
    shutil.copytree(PROJECT / "pipelines", tree / "pipelines", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(SAMPLE, tree / "pipelines" / "sandbox", dirs_exist_ok=True)
    return tree


@contextlib.contextmanager
def sandbox_of(tree, home):
    """Run the sandbox of that tree as a process; yields its address."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "pipelines.sandbox", "--port", str(port), "--home", str(home)],
        cwd=tree,
        env=os.environ | {"PYTHONPATH": str(tree)},
    )
    try:
        url = f"http://127.0.0.1:{port}"
        eventually(lambda: answers(url), within=30)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def answers(url):
    try:
        return requests.get(url + "/sandbox/health", timeout=1).ok
    except requests.RequestException:
        return False


def test_a_new_service_needs_only_its_folder(copy, tmp_path, receiver):
    page = {"to": "4711", "from": "Quay", "text": "Come <now>", "report_to": f"{receiver.url}/hooks/acme"}
    with sandbox_of(copy, tmp_path / "home") as url:
        secrets = json.loads((tmp_path / "home" / "secrets.json").read_text())
        signed_in = {"Authorization": f"Bearer {secrets['acme_token']}"}

        def send(**changed):
            return requests.post(f"{url}/acme/pages", json=page | changed, headers=signed_in, timeout=5)

        accepted = send()
        assert accepted.status_code == 202
        listed = requests.get(f"{url}/sandbox/messages", params={"service": "acme"}, timeout=5).json()
        (kept,) = listed["messages"]
        assert (kept["id"], kept["channel"], kept["to"]) == (accepted.json()["page"], "pager", "4711")
        assert kept["content"] == {"text": "Come <now>"}

        (hook,) = eventually(lambda: receiver.received)
        expected = hmac.new(secrets["acme_signing_key"].encode(), hook.body, hashlib.sha256).hexdigest()
        assert hook.headers["x-acme-signature"] == expected
        assert json.loads(hook.body) == {"page": kept["id"], "state": "beeped", "code": None}

        inbox = requests.get(url, timeout=5).text
        for words in ("Pager", "4711", "Come &lt;now&gt;", "beeped", "on strike", "the pager is off"):
            assert words in inbox
        eventually(lambda: "answered 204" in requests.get(url, params={"to": "4711"}, timeout=5).text)

        rules = [{"action": "strike", "count": 1}, {"action": "fate", "fate": "off"}]
        requests.post(f"{url}/sandbox/faults", json=rules, timeout=5).raise_for_status()
        assert send().json() == {"reason": "strike"}
        assert send().status_code == 202
        eventually(lambda: json.loads(receiver.received[-1].body)["code"] == 7)
        signed_in["Authorization"] = "Bearer nobody"
        assert send().status_code == 401
