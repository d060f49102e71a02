"""The portal and the sandbox on real ports, so that callbacks arrive, and a packet's whole path through them."""

import io
import json
import socket
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

from sqlalchemy import text

from pipelines import steps
from pipelines.actions.accounts.create_client import create_client
from pipelines.actions.campaigns.save_campaign import save_campaign
from pipelines.actions.packets.accept_packet import Submission, accept_packet
from pipelines.bootstrap import Packetboat, secrets_of
from pipelines.channels.lanes import plan_lanes
from pipelines.domain.campaign_document import CampaignDocument, Text
from pipelines.settings import Settings
from pipelines.states import PREPARE_STEPS
from pipelines.store.unit_of_work import UnitOfWork
from tests.fixtures_sandbox import SECRETS, RunningSandbox, eventually, quick_config, running
from tests.webapp.conftest import PASSWORD, Person, log_in
from webapp.app import create_app
from webapp.create_user import create_user
from webapp.front.server import server
from webapp.upgrade import upgrade


@dataclass(frozen=True)
class Whole:
    """A Packetboat with its portal and sandbox, and one client with an employee."""

    boat: Packetboat
    sandbox: RunningSandbox
    client_id: UUID
    person: Person

    def send(self, channel: str, words: Text, file: str) -> UUID:
        """Run a packet of `file` (CSV) through every step, for a campaign that sends everything on `channel`."""
        engine, worker = self.boat.engine("app"), self.boat.engine("worker")
        rules = [{"name": f"by {channel}", "when": {"has": "phone"}, "send": channel}]
        window = {"hours": "any", "reason": "tests run at any hour"}
        details = {"schema": 1, "type": "appointment_reminder", "rules": rules, "window": window}
        document = CampaignDocument(f"campaign-{uuid4().hex[:8]}", "Campaign", details, (words,))
        campaign_id = save_campaign(engine, self.client_id, document, by="test").campaign_id
        submission = Submission(self.client_id, campaign_id, "people.csv", "cli", "test")
        packet_id = accept_packet(engine, self.boat.settings, submission, io.BytesIO(file.encode())).packet_id
        for step in PREPARE_STEPS:
            self._run(step, packet_id)
        for lane in plan_lanes(steps.ready_by_channel(worker, packet_id)):
            self._run("dispatch", packet_id, lane=lane)
        self._run("settle", packet_id)
        return packet_id

    def states(self, packet_id: UUID) -> list[str]:
        """The states of the packet's messages, in the order of its rows."""
        with UnitOfWork(self.boat.engine("worker"), self.client_id) as uow:
            rows = uow.all(
                text("select state from message where packet_id = :packet order by row_no"),
                {"packet": packet_id},
            )
        return [row.state for row in rows]

    def _run(self, step, packet_id, **more):
        boat = self.boat
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Great Expectations' own
            steps.run(
                step,
                packet_id,
                engine=boat.engine("worker"),
                settings=boat.settings,
                secrets=boat.secrets,
                **more,
            )


@contextmanager
def whole(database, folder: Path, **accounts: str) -> Iterator[Whole]:
    """Start it. `accounts` are settings of providers, such as twilio_base_url."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with running(quick_config(folder / "sandbox")) as sandbox:
        chosen = Settings(
            _env_file=None,
            home=folder,
            public_url=f"http://127.0.0.1:{port}",
            portal_port=port,
            sandbox_port=int(sandbox.url.rpartition(":")[2]),
            airflow_port=9,
            accounts=accounts,
        )
        secrets = secrets_of(chosen) | database.secrets | SECRETS
        (folder / "secrets.json").write_text(json.dumps(secrets))
        boat = Packetboat(chosen, secrets, database.server, database.name)
        upgrade(boat)
        app = create_app(boat)
        app.appbuilder.sm.limiter.enabled = False
        slug = f"whole-{uuid4().hex[:8]}"
        client_id = create_client(boat.engine("app"), chosen, slug=slug, name="Whole", region="US")
        create_user(app, slug, PASSWORD, "client", slug)
        program = server(app, "127.0.0.1", port)
        thread = threading.Thread(target=program.run)
        thread.start()
        try:
            eventually(lambda: program.started, within=60)
            yield Whole(boat, sandbox, client_id, log_in(app, slug))
        finally:
            program.should_exit = True
            thread.join(20)
