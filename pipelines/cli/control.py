"""`packetboat packet|campaign|client pause`, `resume` and `cancel`: the same three commands for each."""

from collections.abc import Callable
from typing import Any

import click

from pipelines.actions.accounts.find import campaign_by_slug, client_by_slug
from pipelines.actions.packets import cancel as cancelling
from pipelines.actions.packets import pause as pausing
from pipelines.actions.packets.relay_outbox import relay_outbox
from pipelines.actions.packets.subjects import packet_of
from pipelines.cli.campaigns import campaign, slug_argument
from pipelines.cli.clients import client
from pipelines.cli.options import BY, client_argument, packet_id, reason_option, yes_option
from pipelines.cli.packets import packet
from pipelines.cli.running import running
from pipelines.cli.tell import tell
from pipelines.domain.words import counted
from pipelines.events.pauses import Subject


def _campaign(client: str, slug: str) -> Subject:
    engine = running().engine("app")
    client_id = client_by_slug(engine, client)
    return Subject(client_id, campaign_id=campaign_by_slug(engine, client_id, slug))


def _client(client: str) -> Subject:
    return Subject(client_by_slug(running().engine("app"), client))


def _pause(subject: Subject, reason: str | None) -> None:
    pausing.pause(running().engine("app"), None, subject, by=BY, reason=reason)
    click.echo("Paused. Calls in flight are still recorded; nothing more is sent.")


def _resume(subject: Subject) -> None:
    boat = running()
    started = pausing.resume(boat.engine("app"), None, subject, by=BY)
    relay_outbox(boat.engine("app"), boat.airflow())
    click.echo(f"Resumed. {counted(started, 'packet')} continued.")


def _cancel(subject: Subject, reason: str | None, yes: bool) -> None:
    engine = running().engine("app")
    for sentence in cancelling.cancel_effect(engine, None, subject).sentences:
        click.echo(tell(sentence))
    if not yes:
        click.confirm("Cancel?", abort=True)
    unsent = cancelling.cancel(engine, None, subject, by=BY, reason=reason)
    click.echo(f"Cancelled. {counted(unsent, 'message')} will not be sent.")


def _commands(
    group: click.Group, what: str, find: Callable[..., Subject], *arguments: Callable[[Any], Any]
) -> None:
    """Add the three commands to the group; `find` makes a subject of the values of the arguments."""

    def pause(reason: str | None, **named: Any) -> None:
        _pause(find(**named), reason)

    def resume(**named: Any) -> None:
        _resume(find(**named))

    def cancel(reason: str | None, yes: bool, **named: Any) -> None:
        _cancel(find(**named), reason, yes)

    pause.__doc__ = (
        f"Stop sending {what} for now.\n\nTakes effect at the next call of each lane, until it is resumed."
    )
    resume.__doc__ = f"Resume sending {what} where it stopped."
    cancel.__doc__ = (
        f"Never send the rest of {what}.\n\nFirst says how many messages that is. This cannot be undone."
    )
    for command, options in ((pause, [reason_option]), (resume, []), (cancel, [reason_option, yes_option])):
        decorated: Any = command
        for decorate in (*options, *reversed(arguments)):
            decorated = decorate(decorated)
        group.command()(decorated)


def add_commands() -> None:
    """Add the commands to `packetboat packet`, `campaign` and `client`."""
    _commands(packet, "a packet", packet_of, packet_id)
    _commands(campaign, "a campaign", _campaign, client_argument, slug_argument)
    _commands(client, "all packets of a client", _client, client_argument)
