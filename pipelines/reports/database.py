"""Whether the database answers."""

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from pipelines.store.sqlfile import sql


def answers(engine: Engine) -> bool:
    """Whether the database of `engine` answers now. Waits as long as its connection does."""
    try:
        with engine.connect() as connection:
            connection.execute(sql("reports/database/answers"))
    except SQLAlchemyError:
        return False
    return True
