"""The portal as a Flask application: Flask-AppBuilder, and the views found in the areas."""

from pathlib import Path

from flask import Flask
from flask_appbuilder import AppBuilder
from flask_wtf import CSRFProtect
from jinja2 import FileSystemLoader, StrictUndefined
from sqlalchemy import Engine

from pipelines.bootstrap import Packetboat, packetboat
from pipelines.store.engine import engine, role_url
from webapp import areas
from webapp.fab import errors, formats, framing, guard, headers, intake, locale, menu, rate_limits, words
from webapp.fab.home import IndexView
from webapp.fab.log_ins import sessions
from webapp.fab.marks import public
from webapp.fab.orm import viewer_session
from webapp.fab.scan import add_views
from webapp.fab.security import PortalSecurity

HERE = Path(__file__).parent


def create_app(boat: Packetboat | None = None, *, manage: bool = False) -> Flask:
    """The portal over `boat`, by default the Packetboat of this process.

    `manage` is only for `webapp.upgrade`: it connects as the owner of the tables and may create tables, permissions and roles.
    """
    boat = boat or packetboat()
    app = errors.QuietFlask("webapp", static_url_path="/assets")
    app.view_functions["static"] = public(app.view_functions["static"])
    app.jinja_loader = FileSystemLoader([HERE / "areas", HERE / "fab" / "templates"])
    app.request_class = intake.PortalRequest
    app.config.update(configuration(boat, manage=manage))
    app.extensions["packetboat"] = boat
    session = viewer_session(owner_engine(boat) if manage else boat.engine("app"))
    app.teardown_appcontext(lambda _error: session.remove())

    # An undefined name in a template is a bug, not a blank on the page.
    app.jinja_env.undefined = StrictUndefined
    # The order matters: size, log-in and disk space are checked before CSRFProtect reads a body.
    intake.limit(app)
    framing.register(app)
    guard.register(app)
    intake.reserve_room(app)
    CSRFProtect(app)
    with app.app_context():
        builder = AppBuilder(app, session, indexview=IndexView, security_manager_class=PortalSecurity)
        add_views(builder, areas)
    locale.register(app)
    menu.register(app)
    formats.register(app)
    words.register(app)
    headers.register(app)
    errors.register(app)
    return app


def owner_engine(boat: Packetboat) -> Engine:
    """The engine that creates Flask-AppBuilder's tables: as their owner, in the schema `public`, separate from our own tables."""
    url = role_url(boat.server, "owner", boat.secrets, boat.database)
    return engine(url.update_query_dict({"options": "-csearch_path=public"}))


def configuration(boat: Packetboat, *, manage: bool) -> dict[str, object]:
    """The configuration of Flask, Flask-AppBuilder and Flask-WTF."""
    encrypted = boat.settings.callback_base.startswith("https://")
    return {
        "SECRET_KEY": boat.secrets["flask_secret_key"],
        "ENCRYPTED": encrypted,
        # Browsers refuse a __Host- cookie without Secure, and Secure needs HTTPS (S17).
        "SESSION_COOKIE_NAME": "__Host-packetboat" if encrypted else "packetboat",
        "SESSION_COOKIE_SECURE": encrypted,
        "SESSION_COOKIE_HTTPONLY": True,
        "SESSION_COOKIE_SAMESITE": "Lax",
        "PERMANENT_SESSION_LIFETIME": sessions.MAX_LIFETIME,
        "MAX_FORM_MEMORY_SIZE": 512 * 1024,
        "SEND_FILE_MAX_AGE_DEFAULT": 24 * sessions.HOUR,
        "WTF_CSRF_TIME_LIMIT": None,  # as long as the session
        "APP_NAME": "Packetboat",
        "LANGUAGES": locale.OFFERED,
        "FAB_BASE_TEMPLATE": "page.html",
        "FAB_CREATE_DB": manage,
        "FAB_UPDATE_PERMS": manage,
        "FAB_ADD_OPENAPI_VIEWS": False,
        "FAB_ADD_MENU_API": False,
        "AUTH_RATE_LIMITED": True,
        "AUTH_RATE_LIMIT": "20 per minute",
        "RATELIMIT_ENABLED": True,
        "RATELIMIT_STORAGE_URI": rate_limits.URI,
        "RATELIMIT_STORAGE_OPTIONS": {"engine": boat.engine("app")},
    }
