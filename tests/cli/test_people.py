"""`packetboat person`: log-ins for one's own client, made by the portal's own command."""

import io
from uuid import uuid4

import pytest
from sqlalchemy import text

from pipelines.store.unit_of_work import UnitOfWork
from webapp.upgrade import upgrade

FAILED, USAGE = 1, 2


@pytest.fixture
def client(shell, boat):
    upgrade(boat)
    slug = f"shop-{uuid4().hex[:8]}"
    assert shell("client", "add", "Corner Shop", "--slug", slug).code == 0
    return slug


@pytest.fixture
def typed(monkeypatch):
    """Types into standard input."""
    return lambda words: monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(words.encode())))


def log_in_of(boat, username):
    """Its address, role and client."""
    with UnitOfWork(boat.engine("app"), every_client=True) as uow:
        return [
            tuple(row)
            for row in uow.all(
                text(
                    "select ab_user.email, ab_role.name, client.slug from ab_user"
                    " join ab_user_role on ab_user_role.user_id = ab_user.id"
                    " join ab_role on ab_role.id = ab_user_role.role_id"
                    " left join client_member on client_member.user_id = ab_user.id"
                    " left join client on client.id = client_member.client_id where ab_user.username = :name"
                ),
                {"name": username},
            )
        ]


def test_a_person_of_a_client_is_added_and_becomes_an_administrator(shell, boat, client, typed):
    email = f"{client}@shop.example"
    typed("a long password\n")
    done = shell("person", "add", email, "--client", client, "--password-stdin")
    assert (done.code, done.out) == (0, f"{email} can log in to the portal.\n")
    assert log_in_of(boat, email) == [(email, "client", client)]
    typed("another password\n")
    assert shell("person", "add", email, "--role", "Admin", "--password-stdin").code == 0
    assert log_in_of(boat, email) == [(email, "Admin", None)]


@pytest.mark.parametrize(
    ("arguments", "code", "says"),
    [
        ((), USAGE, "--client is required for the role client"),
        (("--role", "support", "--client", "x"), USAGE, "only for it"),
        (("--client", "nobody-has-this"), FAILED, "nobody-has-this"),
        (("--role", "support"), USAGE, "The password is empty"),
        (("--role", "owner"), USAGE, "'owner' is not one of"),
    ],
)
def test_what_cannot_be_is_refused(shell, typed, arguments, code, says):
    typed("\n")
    done = shell("person", "add", "ada@shop.example", "--password-stdin", *arguments)
    assert done.code == code
    assert says in " ".join(done.err.split())
