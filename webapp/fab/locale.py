"""The language of a page, which also decides how it writes numbers, dates and money: the reader's own choice, else their client's
language, else the browser's. Flask-AppBuilder stores the choice (`/lang/fr`).
"""

from babel import Locale
from flask import Flask, has_request_context, request, session
from flask_babel import get_babel, get_locale
from flask_login import current_user

from pipelines.language import LANGUAGES, language_for
from webapp.access import viewer

CHOICE = "locale"  # Flask-AppBuilder's name for it in the session


def _own_name(tag: str) -> str:
    name = Locale(tag).get_display_name(tag) or tag
    return name[:1].upper() + name[1:]


OFFERED = {tag: {"name": _own_name(tag), "flag": ""} for tag in LANGUAGES}


def current() -> Locale:
    """The locale of this page; English outside a page."""
    return get_locale() or Locale(LANGUAGES[0])


def register(app: Flask) -> None:
    """Replace Flask-AppBuilder's locale selector, which stores English for everybody who has not chosen."""
    get_babel(app).locale_selector = _language
    app.add_template_global(current, "locale")


def _language() -> str:
    if not has_request_context():
        return LANGUAGES[0]
    client = viewer().client if current_user.is_authenticated else None
    return language_for(
        session.get(CHOICE), client.language if client else None, *request.accept_languages.values()
    )
