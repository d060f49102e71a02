"""Flask-AppBuilder's own session, used by its ModelViews: like our unit of work, it sees only what the viewer may see.

The setting is local to a transaction. It is set at the start of each one, so the connection returns to the pool without it.
"""

from flask import g, has_app_context
from sqlalchemy import Connection, Engine, event
from sqlalchemy.orm import Session, SessionTransaction, scoped_session, sessionmaker

from pipelines.store.unit_of_work import set_visible_client
from webapp.access import Viewer, viewer


def viewer_session(engine: Engine) -> scoped_session[Session]:
    """A session per thread whose transactions see the rows of the request's viewer; without a viewer they see none."""
    factory = sessionmaker(bind=engine)
    event.listen(factory, "after_begin", _let_viewer_see)
    return scoped_session(factory)


def show_to_viewer(session: scoped_session[Session]) -> None:
    """Apply the viewer's rights to the open transaction, which started before the viewer was known: it looked them up."""
    who = viewer()
    if session().in_transaction():
        set_visible_client(session.connection(), who.visible_client_id)


def _let_viewer_see(_session: Session, _transaction: SessionTransaction, connection: Connection) -> None:
    who: Viewer | None = g.get("viewer") if has_app_context() else None
    if who is not None:
        set_visible_client(connection, who.visible_client_id)
