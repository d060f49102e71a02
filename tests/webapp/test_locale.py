"""The language of a page: the reader's own choice, else their client's, else their browser's, else English."""

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from tests.webapp.conftest import log_in
from tests.webapp.stories import finished


@pytest.fixture
def reader(boat, app, fresh):
    """Somebody of a client whose list shows `1,234 of 1,234`, which each language writes differently."""
    finished(boat.engine("worker"), fresh.business, rows=1234, held=0)

    def read(*, client=None, choice=None, browser=None):
        with UnitOfWork(boat.engine("worker"), fresh.business.client_id) as uow:
            uow.execute(text("update client set language = :language"), {"language": client or "en"})
            uow.commit()
        person = log_in(app, fresh.business.slug)
        if choice:
            assert person.get(f"/lang/{choice}").status_code == 302
        headers = {"Accept-Language": browser} if browser else {}
        page = person.get("/packets/", headers=headers).text
        return next((name for name, shown in WRITTEN.items() if shown in page), None)

    return read


WRITTEN = {"en": "of 1,234<", "fr": "of 1\u202f234<", "vi": "of 1.234<"}


@pytest.mark.parametrize(
    ("preferences", "language"),
    [
        ({}, "en"),
        ({"client": "fr"}, "fr"),
        ({"client": "fr", "browser": "vi"}, "fr"),
        ({"client": "fr", "choice": "vi", "browser": "en"}, "vi"),
        ({"client": "es", "browser": "tlh, vi;q=0.8, fr;q=0.5"}, "vi"),
        ({"client": "es", "browser": "fr-CA"}, "fr"),
        ({"client": "es", "browser": "tlh"}, "en"),
    ],
)
def test_the_most_specific_preference_wins(reader, preferences, language):
    assert reader(**preferences) == language


def test_a_choice_survives_the_log_out(app, clinic):
    person = log_in(app, clinic.person.username)
    person.get("/lang/vi")
    person.post("/logout/")
    with person.browser.session_transaction() as session:
        assert session["locale"] == "vi"
        session["locale"] = "klingon"
    person.get("/packets/")
    again = log_in(app, clinic.person.username)
    with again.browser.session_transaction() as session:
        assert "locale" not in session


def test_an_unsupported_language_cannot_be_chosen(clinic):
    assert clinic.person.get("/lang/tlh").status_code == 404
