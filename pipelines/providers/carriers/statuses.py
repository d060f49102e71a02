"""What an unsuccessful HTTP status says about the messages of a call, when the body does not say more (docs/protocols.md#answers)."""

from collections.abc import Mapping

from pipelines.domain.sending import Verdict

STATUSES: Mapping[int, Verdict] = {
    # Wrong credentials or a wrong address of the service, like a redirect: every other message would fail, too.
    401: Verdict.PROVIDER_DOWN,
    402: Verdict.PROVIDER_DOWN,
    403: Verdict.PROVIDER_DOWN,
    404: Verdict.PROVIDER_DOWN,
    405: Verdict.PROVIDER_DOWN,
    408: Verdict.UNKNOWN,
    429: Verdict.RETRY,
}
# Every other status, by its hundreds.
OTHERS: Mapping[int, Verdict] = {
    1: Verdict.PROVIDER_DOWN,
    2: Verdict.PROVIDER_DOWN,
    3: Verdict.PROVIDER_DOWN,
    4: Verdict.REFUSED,
    5: Verdict.UNKNOWN,
}


def verdict_of(status: int) -> Verdict:
    """The verdict for a status alone; no standard has one from 600 on, so nothing is known of it."""
    return STATUSES.get(status) or OTHERS.get(status // 100, Verdict.UNKNOWN)
