"""The addresses and log-ins that `packetboat up` prints."""

import io

import requests
from rich.console import Console

from pipelines.cli.log_ins import ensure_support, log_ins
from pipelines.cli.up import show_addresses
from pipelines.launcher.system import running_system
from tests.launcher.launch import settings_for

PORT = 16600


def test_a_new_home_has_one_log_in_and_no_line_is_wrapped_on_a_narrow_terminal(postgres_home):
    with running_system(settings_for(postgres_home, PORT), services={"portal"}) as system:
        ensure_support(system.packetboat)
        assert log_ins(system.packetboat) == {"support"}
        console = Console(file=io.StringIO(), width=20)
        show_addresses(system, console)
        output = console.file.getvalue()
        password = system.secrets["portal_support_password"]
        assert f"         support  {password}\n" in output
        assert "clinic" not in output, "that log-in was not created"
        assert f"\nPortal   {system.urls['portal']}\n" in output
        assert f"\nAirflow  {system.urls['airflow']}\n         ops      " in output
        assert _can_log_in(system.urls["portal"], "support", password)
        assert not _can_log_in(system.urls["portal"], "support", password[1:])


def _can_log_in(portal, user, password):
    session = requests.Session()
    session.trust_env = False
    page = session.get(f"{portal}/login/", timeout=20).text
    token = page.split('name="csrf_token"')[1].split('value="')[1].split('"')[0]
    form = {"username": user, "password": password, "csrf_token": token}
    response = session.post(f"{portal}/login/", data=form, timeout=20)
    return "/login" not in response.url
