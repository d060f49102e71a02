"""Log-ins of the portal: those that last, the waits between tries that failed, and how often an address asks.

`user_id` is Flask-AppBuilder's.
"""

from datetime import datetime, timedelta

from sqlalchemy import Interval, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from pipelines.tables.base import Base, Now


class LoginSession(Base):
    """One browser in which a person is logged in. `digest` is the SHA-256 of the random word in its cookie.

    It ends at `ends_at`, and after `idle` without a deed. A new password, new roles or a deactivation delete it.
    """

    __tablename__ = "login_session"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    user_id: Mapped[int] = mapped_column(index=True)
    browser: Mapped[str]  # in words: Firefox on Windows
    idle: Mapped[timedelta] = mapped_column(Interval)
    started_at: Mapped[Now]
    seen_at: Mapped[Now]  # to the minute
    ends_at: Mapped[datetime]


class LoginDelay(Base):
    """Log-ins in a row that failed for one name, which nobody may have. `name_digest` is a SHA-256: people type passwords there too."""

    __tablename__ = "login_delay"

    name_digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    failures: Mapped[int]
    tried_at: Mapped[datetime] = mapped_column(index=True)
    next_try_at: Mapped[datetime]


class RateLimit(Base):
    """How often somebody has asked within a window of time. `digest` is the SHA-256 of whom and what Flask-Limiter counts."""

    __tablename__ = "rate_limit"

    digest: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    hits: Mapped[int]
    ends_at: Mapped[datetime] = mapped_column(index=True)
