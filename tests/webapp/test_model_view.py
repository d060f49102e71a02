"""A plain ModelView over one of our tables shows exactly what its viewer may see, because Flask-AppBuilder's own session does."""

import re
from dataclasses import replace
from uuid import uuid4

import pytest
from flask import request
from flask_appbuilder import ModelView
from flask_appbuilder.hooks import before_request
from flask_appbuilder.models.sqla.interface import SQLAInterface
from sqlalchemy import create_engine, select, text
from sqlalchemy.exc import DBAPIError

from pipelines.store.engine import role_url
from pipelines.store.unit_of_work import UnitOfWork
from pipelines.tables.people import Suppression
from tests.webapp.conftest import PASSWORD, log_in
from webapp.app import create_app
from webapp.create_user import create_user

# Warnings of Flask-AppBuilder's own forms and lists.
pytestmark = pytest.mark.filterwarnings(
    "ignore:'DateTimeField' renders:DeprecationWarning", "ignore:Yielding raw tuples:DeprecationWarning"
)
SETTINGS = "select current_setting('packetboat.client_id', true), current_setting('packetboat.scope', true)"


class SuppressionView(ModelView):
    datamodel = SQLAInterface(Suppression)
    list_columns = ("address",)
    page_size = 1000
    include_route_methods = ("list", "show")

    @before_request
    def commit_first(self):
        if request.args.get("commit"):
            self.appbuilder.session.commit()


@pytest.fixture(scope="module")
def portal(boat):
    """A portal with that view, on a pool of one connection, so that every request reuses it."""
    engine = create_engine(
        role_url(boat.server, "app", boat.secrets, boat.database), pool_size=1, max_overflow=1, pool_timeout=5
    )
    app = create_app(replace(boat))
    app.appbuilder.sm.limiter.enabled = False
    app.appbuilder.session.remove()
    app.appbuilder.session.configure(bind=engine)
    with app.app_context():
        builder = app.appbuilder
        builder.add_view_no_menu(SuppressionView)
        for role in ("client", "support"):
            for permission in ("can_list", "can_show"):
                access = builder.sm.add_permission_view_menu(permission, "SuppressionView")
                builder.sm.add_permission_role(builder.sm.find_role(role), access)
    yield app
    engine.dispose()


@pytest.fixture(scope="module")
def addresses(boat, clinic, other):
    """One suppressed address for each of two clients."""
    by_slug = {}
    for one in (clinic, other):
        address = f"+1212555{uuid4().int % 10000:04}{one.business.slug[-4:]}"
        with UnitOfWork(boat.engine("worker"), one.business.client_id) as uow:
            row = Suppression(client_id=one.business.client_id, channel="sms", address=address, reason="opted_out", source="test")  # fmt: skip
            values = {
                name: getattr(row, name) for name in ("client_id", "channel", "address", "reason", "source")
            }
            pk = uow.scalar(Suppression.__table__.insert().returning(Suppression.id), values)
            uow.commit()
        by_slug[one.business.slug] = (address, pk)
    return by_slug


def shown(person, query=""):
    page = person.get(f"/suppressionview/list/{query}")
    assert page.status_code == 200
    return set(re.findall(r">\s*(\+1212555\w+)\s*<", page.text))


def test_each_client_sees_its_own_rows_and_support_sees_all(portal, clinic, other, addresses):
    create_user(portal, "model.support", PASSWORD, "support")
    ours, theirs = (addresses[one.business.slug][0] for one in (clinic, other))
    first, second, staff = (
        log_in(portal, name) for name in (clinic.business.slug, other.business.slug, "model.support")
    )
    for _ in range(2):  # each on the connection that the previous one used
        assert shown(first) == {ours}
        assert shown(staff) >= {ours, theirs}
        assert shown(second) == {theirs}


def test_another_clients_row_looks_like_one_that_does_not_exist(portal, clinic, other, addresses):
    person = log_in(portal, clinic.business.slug)
    own, foreign = (addresses[one.business.slug][1] for one in (clinic, other))
    assert person.get(f"/suppressionview/show/{own}").status_code == 200
    assert person.get(f"/suppressionview/show/{foreign}").status_code == 404


def test_without_a_client_or_a_log_in_nothing_is_visible(portal, boat, clinic, addresses):
    name = f"lost-{uuid4().hex[:8]}"
    user = create_user(portal, name, PASSWORD, "client", clinic.business.slug)
    with UnitOfWork(boat.engine("worker"), every_client=True) as uow:
        uow.execute(text("delete from client_member where user_id = :user"), {"user": user})
        uow.commit()
    assert shown(log_in(portal, name)) == set()
    assert portal.test_client().get("/suppressionview/list/").status_code == 302
    with portal.app_context():
        assert portal.appbuilder.session.scalars(select(Suppression)).all() == []


def test_a_connection_returns_to_the_pool_without_the_setting(portal, clinic, addresses):
    person = log_in(portal, clinic.business.slug)
    assert shown(person, "?commit=1")
    pool = portal.appbuilder.session.get_bind()
    with pool.connect() as first, pool.connect() as second:
        for connection in (first, second):
            assert connection.execute(text(SETTINGS)).one() in {
                (None, None),
                ("", ""),
                ("", None),
                (None, ""),
            }


def test_the_transaction_after_a_commit_is_the_viewers_too(portal, clinic, addresses):
    person = log_in(portal, clinic.business.slug)
    assert shown(person, "?commit=1") == {addresses[clinic.business.slug][0]}


def test_a_row_for_another_client_is_refused(portal, clinic, other, addresses):
    with portal.test_request_context("/"):
        session = portal.appbuilder.session
        with session.begin():
            session.execute(text("select set_config('packetboat.client_id', :id, true)"), {"id": str(clinic.business.client_id)})  # fmt: skip
            session.add(Suppression(client_id=other.business.client_id, channel="sms", address="+1", reason="blocked", source="test"))  # fmt: skip
            with pytest.raises(DBAPIError, match="row-level security"):
                session.flush()
            session.rollback()
