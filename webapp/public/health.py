"""Whether this portal can work: it answers, and its database does."""

from flask import Blueprint, Response, current_app
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

blueprint = Blueprint("health", __name__)


@blueprint.get("/healthz")
def healthz() -> Response:
    try:
        with current_app.extensions["packetboat"].engine("app").connect() as connection:
            connection.execute(text("select 1"))
    except DBAPIError:
        return Response("the database does not answer\n", 503, mimetype="text/plain")
    return Response("ok\n", mimetype="text/plain")
