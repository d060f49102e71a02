"""When a failed task is tried again: the error decides, since it knows whether waiting can help."""

from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy

from pipelines.errors import PacketboatError

LONGEST_WAIT = 300  # seconds
MAX_TRIES = 20  # of a task that fails for a reason of which nobody knows whether waiting helps


class PacketboatRetryPolicy(RetryPolicy):
    """Stop at once where a person has to act; otherwise wait what the other side asked for, or 2, 4, 8 … seconds.

    What is away for the moment is waited for as long as the task has tries: Airflow lets no policy go beyond its `retries`.
    """

    def evaluate(
        self,
        exception: BaseException,
        try_number: int,
        max_tries: int,  # noqa: ARG002 - Airflow's signature
        context: Any = None,  # noqa: ARG002
    ) -> RetryDecision:
        if isinstance(exception, PacketboatError) and exception.permanent:
            return RetryDecision.fail(reason=exception.code)
        if not isinstance(exception, PacketboatError) and try_number >= MAX_TRIES:
            return RetryDecision.fail(reason="failed_often")
        asked = getattr(exception, "after_seconds", None)
        wait = min(LONGEST_WAIT, asked if asked is not None else 2 ** min(try_number, 9))
        return RetryDecision.retry(delay=timedelta(seconds=wait), reason=getattr(exception, "code", None))

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "PacketboatRetryPolicy":  # noqa: ARG003 - nothing is kept in it
        return cls()
