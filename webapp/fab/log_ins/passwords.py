"""Passwords: checked at the log-in and before a new one is set; their owner is notified of a new one."""

from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from pipelines.actions.accounts import log_ins
from pipelines.store.unit_of_work import EVERY_CLIENT
from webapp.fab.log_ins import delays

METHOD = "scrypt"
NOWHERE = ".invalid"  # RFC 2606: undeliverable; log-ins created without an address get one of these


def hashed(password: str) -> str:
    return generate_password_hash(password, METHOD)


def is_correct(user: Any, password: str) -> bool:
    """Whether this is the password of `user`. Refusing None or an inactive user takes the same time."""
    may_log_in = user is not None and bool(user.is_active and user.password)
    matches = check_password_hash(user.password if may_log_in else _dummy_hash(), password)
    # To HMAC, and so to scrypt, a key of NULs is the same as an empty one.
    return may_log_in and matches and bool(password.strip("\0"))


def problem_with_current(user: Any, password: str) -> str | None:
    """Check the current password of a person who is logged in. Returns an error message, or None."""
    wait = delays.begin_try(delays.CONFIRM, user.username)
    if wait:
        return delays.wait_in_words(wait)
    if not is_correct(user, password):
        return "This is not your current password."
    delays.succeeded(delays.CONFIRM, user.username)
    return None


def change(user: Any, password: str) -> str:
    """Set the password of `user` and commit; returns its hash. This ends all their sessions (sql/log_ins/end_with_rights.sql).

    `pipelines.actions.accounts.send_notices` sends the notice that is promised here.
    """
    session: Session = current_app.extensions["appbuilder"].session
    new_hash = hashed(password)
    user.password = new_hash
    if has_mail(user):
        session.execute(EVERY_CLIENT)  # staff members belong to no client
        log_ins.promise_notice(session, user.id, user.email)
    session.commit()
    return new_hash


def has_mail(user: Any) -> bool:
    return not user.email.lower().endswith(NOWHERE)


def notice_in_words(user: Any, whose: str) -> str:
    """What the page says about the mail on a new password; `whose` is `your` or `their`."""
    if has_mail(user):
        return f"A notice goes to {whose} e-mail address."
    return f"No notice is sent, because {whose} log-in has no e-mail address."


@cache
def _dummy_hash() -> str:
    """A hash of no password, made like all others, so that comparing with it takes as long."""
    return hashed("")
