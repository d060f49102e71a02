"""Flask-AppBuilder's own session, in which its ModelViews read and write: it sees what the viewer may see, as our unit of work does.

The setting is local to a transaction. So it is made at the beginning of each, and the connection goes back to the pool without it.
"""

from flask import g, has_app_context
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction, scoped_session, sessionmaker

from pipelines.store.unit_of_work import set_visible_client
from webapp.access import Viewer, viewer


def session_of_viewers(engine: Engine) -> scoped_session[Session]:
    """A session for each thread, whose transactions show the tenants' rows to the viewer of the request; without one they show none."""
    made = sessionmaker(bind=engine)
    event.listen(made, "after_begin", _let_viewer_see)
    return scoped_session(made)


def show_to_viewer(session: scoped_session[Session]) -> None:
    """Let the transaction that is open see what the viewer may see: it began when they were not known yet, by asking who they are."""
    who = viewer()
    if session().in_transaction():
        set_visible_client(session.connection(), who.sees)


def _let_viewer_see(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    who: Viewer | None = g.get("viewer") if has_app_context() else None
    if who is not None:
        set_visible_client(connection, who.sees)
