"""When a failed task is retried: the error decides, since it knows whether waiting can help."""

from datetime import timedelta
from typing import Any

from airflow.sdk.definitions.retry_policy import RetryDecision, RetryPolicy

from pipelines.errors import PacketboatError

MAX_WAIT = 300  # seconds
MAX_TRIES = 20  # of a task that fails with an unexpected error, where waiting may or may not help


class PacketboatRetryPolicy(RetryPolicy):
    """Stop at once if a person has to act; otherwise wait as long as the other side asks for, or 2, 4, 8 … seconds.

    Known temporary errors are retried as long as the task has retries: Airflow lets no policy exceed its `retries`.
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
        requested = getattr(exception, "after_seconds", None)
        wait = min(MAX_WAIT, requested if requested is not None else 2 ** min(try_number, 9))
        return RetryDecision.retry(delay=timedelta(seconds=wait), reason=getattr(exception, "code", None))

    def serialize(self) -> dict[str, Any]:
        return {}

    @classmethod
    def deserialize(cls, data: dict[str, Any]) -> "PacketboatRetryPolicy":  # noqa: ARG003 - it has no state
        return cls()
