"""Log-ins of the portal: the current ones, the delays after failed tries, and the rate limits.

`user_id` is Flask-AppBuilder's.
"""

from datetime import datetime, timedelta

from sqlalchemy import Interval, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, Now


class LoginSession(Base):
    """One browser in which a person is logged in. `digest` is the SHA-256 of the random token in its cookie.

    It ends at `ends_at`, or earlier after `idle` without activity. A new password, new roles or a deactivation delete it.
    """

    __tablename__ = "login_session"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    browser: Mapped[str]  # for people: Firefox on Windows
    idle: Mapped[timedelta] = mapped_column(Interval)
    started_at: Mapped[Now]
    seen_at: Mapped[Now]  # to the minute
    ends_at: Mapped[datetime]


class LoginDelay(Base):
    """Failed log-ins in a row for a name, whether or not a user has it. `name_digest` is a SHA-256: people also type passwords there."""

    __tablename__ = "login_delay"

    name_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    tried_at: Mapped[datetime] = mapped_column(index=True)
    next_try_at: Mapped[datetime]


class RateLimit(Base):
    """How many requests there were in a window of time. `digest` is the SHA-256 of Flask-Limiter's key."""

    __tablename__ = "rate_limit"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    hits: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)
