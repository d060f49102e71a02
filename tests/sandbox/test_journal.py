"""The journal survives incomplete lines, restarts, and kill -9 while calls are being accepted."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.sandbox.index import Index
from pipelines.sandbox.journal import MESSAGES, Accepted, Journal, _line, read_messages
from tests.fixtures_sandbox import SECRETS, eventually, quick_config, running

ONE = Accepted(
    "SM1", "twilio", "sms", 1795224000.25, "+33612345678", "+15005550006", {"body": "Hello"}, "delivered"
)


def numbered(count):
    return [ONE._replace(id=f"SM{n}") for n in range(count)]


def test_records_are_read_back_in_order(tmp_path):
    journal = Journal(tmp_path / MESSAGES)
    journal.append(numbered(3))
    parts = {"body": "é", "media": ["http://x/a.png"], "script": {"say": ["Hello", 2]}}
    journal.append([ONE._replace(id="last", content=parts, attempt="a", callback="http://x/")])
    journal.close()
    assert [one.id for one in read_messages(tmp_path)] == ["SM0", "SM1", "SM2", "last"]
    assert list(read_messages(tmp_path))[3].content == parts


def test_without_a_journal_there_are_no_messages(tmp_path):
    assert list(read_messages(tmp_path)) == []


@settings(max_examples=200, deadline=None)
@given(text=st.text(), at=st.floats(0, 1e10))
def test_a_line_is_json_for_any_text(text, at):
    line = _line(ONE._replace(content={"body": text, "media": [text]}, sender=text, at=at)).encode(
        errors="replace"
    )
    assert line.count(b"\n") == 1
    record = json.loads(line)
    assert record["at"] == at
    replaced = text.encode(errors="replace").decode()
    assert record["sender"] == replaced
    assert record["content"] == {"body": replaced, "media": [replaced]}


@pytest.mark.parametrize("half", [b'{"id": "SM', b"x" * 200_000])
def test_an_incomplete_line_is_removed_at_the_next_start(tmp_path, half):
    path = tmp_path / MESSAGES
    journal = Journal(path)
    journal.append(numbered(2))
    journal.close()
    with path.open("ab") as torn:
        torn.write(half)
    assert [one.id for one in read_messages(tmp_path)] == ["SM0", "SM1"]
    journal = Journal(path)
    journal.append([ONE])
    journal.close()
    assert [one.id for one in read_messages(tmp_path)] == ["SM0", "SM1", "SM1"]
    assert path.read_bytes().count(b"\n") == 3


def test_a_file_with_only_an_incomplete_line_is_emptied(tmp_path):
    (tmp_path / MESSAGES).write_bytes(b'{"id"')
    Journal(tmp_path / MESSAGES).close()
    assert (tmp_path / MESSAGES).read_bytes() == b""


def test_only_the_owner_may_read(tmp_path):
    folder = tmp_path / "sandbox"
    journal = Journal(folder / MESSAGES)
    journal.append([ONE])
    index = Index(folder)
    assert len(index.find()) == 1
    for file in (folder, *folder.iterdir()):
        assert file.stat().st_mode & 0o077 == 0, file.name
    index.close()
    journal.close()


def test_a_second_start_continues_the_journal(tmp_path):
    config = quick_config(tmp_path)
    sid, token = SECRETS["twilio_account_sid"], SECRETS["twilio_auth_token"]
    for expected in (1, 2):
        with running(config) as sandbox:
            answer = requests.post(
                f"{sandbox.url}/2010-04-01/Accounts/{sid}/Messages.json",
                data={"To": "+33612345678", "From": "+15005550006", "Body": "x"},
                auth=(sid, token),
                timeout=5,
            )
            assert answer.status_code == 201
            shown = requests.get(sandbox.url + "/sandbox/messages", timeout=5).json()["messages"]
            assert len(shown) == expected == len(sandbox.journal())


def test_every_answered_message_survives_kill_9(tmp_path):
    (tmp_path / "secrets.json").write_text(json.dumps(SECRETS))
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    program = subprocess.Popen(
        [sys.executable, "-m", "pipelines.sandbox", "--port", str(port), "--home", str(tmp_path)],
        stderr=subprocess.DEVNULL,
    )
    url = f"http://127.0.0.1:{port}"
    answered = []
    sid, token = SECRETS["twilio_account_sid"], SECRETS["twilio_auth_token"]

    def hammer():
        session = requests.Session()
        try:
            while True:
                made = session.post(
                    f"{url}/2010-04-01/Accounts/{sid}/Messages.json",
                    data={"To": "+33612345678", "From": "+15005550006", "Body": "x" * 500},
                    auth=(sid, token),
                    timeout=5,
                )
                answered.append(made.json()["sid"])
        except requests.RequestException:
            return

    try:
        eventually(lambda: _answers(url), within=60)
        threads = [threading.Thread(target=hammer) for _ in range(4)]
        for thread in threads:
            thread.start()
        eventually(lambda: len(answered) > 200, within=60)
        os.kill(program.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(10)
    finally:
        program.kill()
        program.wait()
    kept = [one.id for one in read_messages(tmp_path / "sandbox")]
    assert set(answered) <= set(kept)
    assert len(kept) - len(answered) <= 4, "at most one per client was accepted and not answered"


def _answers(url):
    try:
        return requests.get(url + "/sandbox/health", timeout=1).ok
    except requests.RequestException:
        time.sleep(0.1)
        return False
