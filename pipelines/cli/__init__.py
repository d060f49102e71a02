"""`packetboat` on the command line. The exit codes are in exits.py."""

import sys
from typing import NoReturn

import click
from sqlalchemy.exc import DBAPIError, OperationalError

from pipelines import logs
from pipelines.cli.bench import bench
from pipelines.cli.campaigns import campaign
from pipelines.cli.clients import client
from pipelines.cli.consents import consent
from pipelines.cli.control import add_commands
from pipelines.cli.database import db
from pipelines.cli.demo import demo
from pipelines.cli.doctor import doctor
from pipelines.cli.erasure import erase
from pipelines.cli.exits import FAILED, NEEDS_ATTENTION
from pipelines.cli.feeds import feed
from pipelines.cli.hold import hold
from pipelines.cli.ledger import ledger
from pipelines.cli.limits import country, limit
from pipelines.cli.packets import packet
from pipelines.cli.people import person
from pipelines.cli.plain import visible
from pipelines.cli.rates import rates
from pipelines.cli.replies import answers, reply
from pipelines.cli.sandbox import sandbox
from pipelines.cli.senders import sender
from pipelines.cli.suppressions import suppress
from pipelines.cli.tell import tell
from pipelines.cli.unknown import message
from pipelines.cli.up import up
from pipelines.errors import PacketboatError, PacketRefused
from pipelines.settings import settings
from pipelines.store.engine import refusal
from pipelines.store.log_file import open_log
from pipelines.store.room import is_full


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="packetboat")
def packetboat() -> None:
    """Data packets in, one message per person out.

    `packetboat demo` shows everything with a sample; `packetboat up` starts everything and keeps it running; `packetboat packet
    send FILE` sends a file. Settings come from the environment (PACKETBOAT_…) or from .env; `packetboat doctor --settings` lists
    them. Commands write their log to logs/command.log in the home.
    """


for command in (
    up,
    demo,
    doctor,
    db,
    client,
    person,
    sender,
    limit,
    country,
    campaign,
    packet,
    hold,
    message,
    feed,
    suppress,
    consent,
    erase,
    ledger,
    rates,
    sandbox,
    bench,
):
    packetboat.add_command(command)
add_commands()
packet.add_command(answers)
packetboat.add_command(reply)


def main() -> None:
    """The entry point: a known error is shown as its sentence, not as a stack trace."""
    with logs.written_to(lambda: open_log(settings().home, "command")):
        _run()


def _run() -> None:
    try:
        packetboat()
    except PacketboatError as error:
        _fail(tell(error.sentence), NEEDS_ATTENTION if isinstance(error, PacketRefused) else FAILED)
    except OperationalError as error:
        if is_full(error):
            _fail("The disk of the database is full. `packetboat doctor` says how much is free.")
        _fail(f"The database does not answer: {refusal(error)} `packetboat doctor` checks everything.")
    except DBAPIError as error:
        # What PostgreSQL says here can quote a row (S2).
        state = getattr(error.orig, "sqlstate", None)
        _fail(f"The database refused the command (SQLSTATE {state}). Run `packetboat db check`.")
    except OSError as error:
        if not is_full(error):
            raise
        _fail("The disk is full, so this could not be done. `packetboat doctor` says how much is free.")


def _fail(sentence: str, code: int = FAILED) -> NoReturn:
    click.echo(visible(f"packetboat: {sentence}"), err=True)
    sys.exit(code)
