"""Passwords: proved at the door and before a new one is set, and their owner told of a new one."""

from functools import cache
from typing import Any

from flask import current_app
from sqlalchemy.orm import Session
from werkzeug.security import check_password_hash, generate_password_hash

from pipelines.actions import log_ins
from pipelines.store.unit_of_work import EVERY_CLIENT
from webapp.fab.log_ins import delays

METHOD = "scrypt"
NOWHERE = ".invalid"  # RFC 2606: no mail gets there; who was made without an address has one of these


def hashed(password: str) -> str:
    return generate_password_hash(password, METHOD)


def proves(user: Any, password: str) -> bool:
    """Whether this is the password of `user`; None and who may not log in take the same time to be refused."""
    able = user is not None and bool(user.is_active and user.password)
    same = check_password_hash(user.password if able else _nobodys(), password)
    # To HMAC, and so to scrypt, a key of NULs is the same as none at all.
    return able and same and bool(password.strip("\0"))


def wrong_present(user: Any, password: str) -> str | None:
    """What is wrong with the present password that a person who is logged in has typed: a sentence, or None."""
    wait = delays.begin_try(delays.CONFIRM, user.username)
    if wait:
        return delays.wait_in_words(wait)
    if not proves(user, password):
        return "This is not your present password."
    delays.succeeded(delays.CONFIRM, user.username)
    return None


def change(user: Any, password: str) -> str:
    """Give `user` this password and commit; returns its hash. Every log-in of theirs ends with it (sql/log_ins/end_with_rights.sql),
    and the promise to tell them is kept by `pipelines.actions.send_notices`.
    """
    session: Session = current_app.appbuilder.session
    made = hashed(password)
    user.password = made
    if has_mail(user):
        session.execute(EVERY_CLIENT)  # a person of the staff belongs to none
        log_ins.promise_notice(session, user.id, user.email)
    session.commit()
    return made


def has_mail(user: Any) -> bool:
    return not user.email.lower().endswith(NOWHERE)


def notice_in_words(user: Any, whose: str) -> str:
    """What the page says of the mail about a new password; `whose` address: your, their."""
    if has_mail(user):
        return f"A note about it goes to {whose} e-mail address."
    return f"No note about it is sent, because {whose} log-in has no e-mail address."


@cache
def _nobodys() -> str:
    """A hash of no password, made as all the others are, so that comparing with it takes as long."""
    return hashed("")
