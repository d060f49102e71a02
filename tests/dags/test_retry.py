"""When Airflow retries a task: known outages without limit, unexpected errors a few times."""

import sys

import pytest

from pipelines.errors import NoRoom, StepFailed, TryLater
from pipelines.settings import PROJECT

pytestmark = pytest.mark.filterwarnings("ignore")  # Airflow's own imports warn
OUTAGES = [TryLater("database_away"), NoRoom("no_room"), TryLater("ended", after_seconds=0.0)]


@pytest.fixture(scope="module")
def retry():
    sys.path.append(str(PROJECT / "plugins"))
    import packetboat_retry

    yield packetboat_retry
    sys.path.remove(str(PROJECT / "plugins"))


def decide(retry, error, number):
    return retry.PacketboatRetryPolicy().evaluate(error, number, 5000)


@pytest.mark.parametrize("error", OUTAGES, ids=lambda error: error.code)
@pytest.mark.parametrize("number", [1, 21, 500, 4999])
def test_an_outage_is_retried_for_days(retry, error, number):
    decision = decide(retry, error, number)
    assert decision.action.value == "retry"
    assert decision.retry_delay.total_seconds() <= retry.MAX_WAIT


def test_an_error_that_a_person_must_fix_is_not_retried(retry):
    assert decide(retry, StepFailed("rows_lost", read=2, there=1), 1).action.value == "fail"


def test_an_unexpected_error_is_retried_a_few_times(retry):
    assert decide(retry, MemoryError(), 19).action.value == "retry"
    assert decide(retry, MemoryError(), 20).action.value == "fail"
