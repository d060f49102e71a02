"""Creates a log-in for the portal, or gives an existing one a new password.

python -m webapp.create_user --role client --client SLUG --username NAME --email ADDRESS --password-stdin
"""

import argparse
import sys
from collections.abc import Sequence

from flask import Flask

from pipelines.actions.accounts.join_client import join_client
from pipelines.errors import PacketboatError
from webapp.app import create_app
from webapp.fab.log_ins import passwords

STAFF_ROLES = ("support", "Admin")
UNREACHABLE = "@portal.invalid"


def create_user(
    app: Flask,
    username: str,
    password: str,
    role: str,
    client: str | None = None,
    *,
    email: str | None = None,
) -> int:
    """Create the log-in in the portal `app` and return its id; an existing one gets this password, role, client and e-mail address.

    `role` is client, support or Admin; `client` is the slug of the client, required for the role client only. Without `email`, a new
    log-in gets an undeliverable address and no notifications.
    Raises PacketboatError when role and client do not fit together or another log-in has this address, NotFound for an unknown slug.
    """
    if (role == "client") != (client is not None):
        raise PacketboatError("log_in_client_mismatch")
    if role not in {"client", *STAFF_ROLES}:
        raise PacketboatError("no_such_role", role=role, roles=["client", *STAFF_ROLES])
    with app.app_context():
        security = app.extensions["appbuilder"].sm
        user = security.find_user(username)
        if email is not None and security.find_user(email=email) not in {None, user}:
            raise PacketboatError("email_of_another_log_in")
        if user is None:
            address = email or f"{username}{UNREACHABLE}"
            user = security.add_user(username, username, "", address, security.find_role(role), password)
        else:
            user.email = email or user.email
            user.roles = [security.find_role(role)]
            passwords.change(user, password)
        user_id = int(user.id)
    join_client(app.extensions["packetboat"].engine("app"), user_id, client)
    return user_id


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m webapp.create_user", description=__doc__)
    parser.add_argument("--username", required=True)
    parser.add_argument("--role", required=True, choices=["client", *STAFF_ROLES])
    parser.add_argument("--client", help="the client's slug, for the role client")
    parser.add_argument("--email", help="where the person is notified of a new password")
    parser.add_argument(
        "--password-stdin", action="store_true", required=True, help="read the password from standard input"
    )
    chosen = parser.parse_args(arguments)
    password = sys.stdin.readline().rstrip("\n")
    try:
        create_user(create_app(), chosen.username, password, chosen.role, chosen.client, email=chosen.email)
    except PacketboatError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
