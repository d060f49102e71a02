"""The errands that need no Airflow, as functions of a database, settings and secrets: `pulse` runs them each minute, a soak all the time."""

from collections.abc import Callable, Mapping

from sqlalchemy import Engine

from pipelines.actions.accounts.send_notices import send_notices as send_promised_notices
from pipelines.actions.billing.reserve_waiting import reserve_waiting
from pipelines.actions.billing.watch_credit import watch_credit
from pipelines.actions.messages import poll
from pipelines.actions.messages.reconcile import reconcile
from pipelines.actions.packets.recount_packets import recount_packets
from pipelines.actions.people import deliver_replies as promised
from pipelines.actions.people import read_replies as received
from pipelines.actions.sending import complaints
from pipelines.actions.sending.forecasts import keep_forecasts
from pipelines.events import failures, waiting
from pipelines.events.apply import apply_events
from pipelines.events.cancelling import finish_cancelled
from pipelines.events.epoch import watch_epoch
from pipelines.events.inbox import forget_signatures
from pipelines.events.set_aside import apply_set_aside
from pipelines.events.sweep import close_dead_calls
from pipelines.settings import Settings

Errand = Callable[[Engine, Settings, Mapping[str, str]], None]


def count_epoch(engine: Engine, settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Count the epoch; put everything on hold if the database was restored."""
    watch_epoch(engine, settings.home)


def apply_callbacks(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Apply pending callbacks from providers, try those set aside again, and delete signatures that are too old to matter."""
    apply_events(engine)
    apply_set_aside(engine)
    forget_signatures(engine)


def read_replies(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Match and read replies that the portal has stored and not processed."""
    received.read_replies(engine)


def close_calls(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Close the provider calls of dead lanes: messages not yet sent become ready again, the rest unknown."""
    close_dead_calls(engine)


def finish_cancelling(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Cancel what became ready again of cancelled packets, and settle those that nothing is in flight of any more."""
    finish_cancelled(engine)


def watch_waits(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Expire messages whose channel waits past their deadline, and raise alarms about providers in long trouble."""
    waiting.watch_waits(engine)


def watch_failures(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Pause packets whose failures soar."""
    failures.watch_failures(engine)


def watch_complaints(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Warn about clients whose e-mails people mark as spam, and stop their e-mails in time."""
    complaints.watch_complaints(engine)


def reserve_credit(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Reserve the credit of packets that wait for it, schedule their runs, and warn when credit runs low."""
    reserve_waiting(engine)
    watch_credit(engine)


def forecast_packets(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Forecast when each packet will be all out, and note when it was."""
    keep_forecasts(engine)


def recount(engine: Engine, _settings: Settings, _secrets: Mapping[str, str]) -> None:
    """Recount settled packets, the most recently changed first."""
    recount_packets(engine)


def send_notices(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> None:
    """Send the pending mails about new passwords and alarms."""
    send_promised_notices(engine, settings, secrets)


def deliver_replies(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> None:
    """Answer STOP, START and HELP where the provider does not, and forward replies to their clients."""
    promised.deliver_replies(engine, settings, secrets)


def reconcile_unknown(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> None:
    """Look for calls whose outcome is unknown in the providers' lists; messages that are in none are ready again."""
    reconcile(engine, settings, secrets)


def poll_reports(engine: Engine, settings: Settings, secrets: Mapping[str, str]) -> None:
    """Ask the providers about messages whose final report never came."""
    poll.poll_reports(engine, settings, secrets)


# They recover from whatever died, in this order.
IN_DATABASE: tuple[Errand, ...] = (
    count_epoch,
    apply_callbacks,
    read_replies,
    close_calls,
    finish_cancelling,
    watch_waits,
    watch_failures,
    watch_complaints,
    reserve_credit,
    forecast_packets,
    recount,
)
# These call providers and clients: each within a time budget (pipelines/actions/time_budget.py).
CALLING: tuple[Errand, ...] = (send_notices, deliver_replies, reconcile_unknown, poll_reports)
