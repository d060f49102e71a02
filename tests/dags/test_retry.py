"""When Airflow tries a task again: what is away is waited for without limit, what nobody knows is tried a few times."""

import sys

import pytest

from pipelines.errors import NoRoom, StepFailed, TryLater
from pipelines.settings import PROJECT

pytestmark = pytest.mark.filterwarnings("ignore")  # Airflow's own imports warn
AWAY = [TryLater("database_away"), NoRoom("no_room"), TryLater("ended", after_seconds=0.0)]


@pytest.fixture(scope="module")
def retry():
    sys.path.append(str(PROJECT / "plugins"))
    import packetboat_retry

    yield packetboat_retry
    sys.path.remove(str(PROJECT / "plugins"))


def decide(retry, error, number):
    return retry.PacketboatRetryPolicy().evaluate(error, number, 5000)


@pytest.mark.parametrize("error", AWAY, ids=lambda error: error.code)
@pytest.mark.parametrize("number", [1, 21, 500, 4999])
def test_what_is_away_is_tried_again_for_days(retry, error, number):
    decision = decide(retry, error, number)
    assert decision.action.value == "retry"
    assert decision.retry_delay.total_seconds() <= retry.LONGEST_WAIT


def test_what_a_person_has_to_change_is_not_tried_again(retry):
    assert decide(retry, StepFailed("rows_lost", read=2, there=1), 1).action.value == "fail"


def test_what_nobody_foresaw_is_tried_a_few_times(retry):
    assert decide(retry, MemoryError(), retry.MAX_TRIES - 1).action.value == "retry"
    assert decide(retry, MemoryError(), retry.MAX_TRIES).action.value == "fail"
