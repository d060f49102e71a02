"""The unsubscribe page and the one-click POST, over real HTTP."""

from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.consent.links import Links
from pipelines.domain.sending import Outgoing
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import make_business
from tests.sending import make_sending

ADDRESS = "Jane.Doe@example.com"
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def business(boat):
    return make_business(boat.engine("worker"))


@pytest.fixture
def attempt(boat, business):
    """An attempt to send Jane a message."""
    packet = make_sending(boat.engine("worker"), business, [ADDRESS], "email")
    with UnitOfWork(boat.engine("worker"), business.client_id) as uow:
        attempt = uow.scalar(
            text(
                "insert into attempt (client_id, message_id, attempt_no, call_id)"
                " select client_id, id, 1, uuidv7() from message where packet_id = :packet returning id"
            ),
            {"packet": packet},
        )
        uow.commit()
    return attempt


def path_of(boat, business, attempt):
    [message] = Links("", boat.secrets, business.client_id, "email").added_to(
        [Outgoing(attempt, ADDRESS, "x", "s")]
    )
    return message.unsubscribe_url


def suppressed(boat, business):
    with UnitOfWork(boat.engine("worker"), business.client_id) as uow:
        return [
            tuple(row) for row in uow.all(text("select channel, address, reason, source from suppression"))
        ]


def test_opening_the_page_changes_nothing(boat, world, business, attempt):
    path = path_of(boat, business, attempt)
    page = world.get(path)
    assert page.status_code == 200
    assert business.slug in page.text
    assert '<form method="post">' in page.text
    assert "set-cookie" not in page.headers
    assert suppressed(boat, business) == []


@pytest.mark.parametrize("encoding", ["data", "files"])
def test_one_click_unsubscribes_at_once_and_once(boat, world, business, attempt, encoding):
    path = path_of(boat, business, attempt)
    body = ONE_CLICK if encoding == "data" else {name: (None, value) for name, value in ONE_CLICK.items()}
    for _ in range(2):
        answer = world.post(path, **{encoding: body})
        assert answer.status_code == 200
    assert suppressed(boat, business) == [("email", "jane.doe@example.com", "unsubscribed", "link")]


def test_the_link_of_an_erased_message_still_works(boat, world, business):
    assert world.post(path_of(boat, business, uuid4()), data=ONE_CLICK).status_code == 200
    assert suppressed(boat, business) == [("email", None, "unsubscribed", "link")]
    with UnitOfWork(boat.engine("worker"), business.client_id) as uow:
        found = uow.all(
            text("select reason from suppressed_among(:c, 'email', array['jane.doe@example.com'])"),
            {"c": business.client_id},
        )
    assert [row.reason for row in found] == ["unsubscribed"]


def test_the_page_is_in_the_readers_language(boat, world, business, attempt):
    path = path_of(boat, business, attempt)
    assert "Se désabonner" in world.get(path, headers={"Accept-Language": "fr-CA,en;q=0.5"}).text
    assert "Hủy đăng ký" in world.get(path, headers={"Accept-Language": "xx, vi"}).text


@pytest.mark.parametrize("body", [b"", b"List-Unsubscribe=Yes", b"x" * 5_000])
def test_a_post_that_is_no_one_click_changes_nothing(boat, world, business, attempt, body):
    assert world.post(path_of(boat, business, attempt), data=body).status_code in {400, 413}
    assert suppressed(boat, business) == []


def test_a_forged_link_is_refused(boat, world, business, attempt):
    path = path_of(boat, business, attempt)
    wrong = path[:-1] + ("A" if path[-1] != "A" else "B")
    longer = path + "AAAA"
    for one in (
        wrong,
        longer,
        "/unsubscribe/x",
        path_of(boat, business, attempt).replace("/unsubscribe/", "/unsubscribe/B"),
    ):
        assert world.get(one).status_code == 404
        assert world.post(one, data=ONE_CLICK).status_code == 404
    assert suppressed(boat, business) == []
