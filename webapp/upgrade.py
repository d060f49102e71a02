"""Creates or updates Flask-AppBuilder's part of the database: its tables in `public`, permissions, roles.

Run `python -m webapp.upgrade` after the migrations; it is safe to run again.
"""

import sys

from pipelines.actions.upkeep.upgrade_portal import upgrade_portal
from pipelines.bootstrap import Packetboat, packetboat
from webapp.app import create_app


def upgrade(boat: Packetboat) -> None:
    """Update the portal's part of the database. Concurrent upgrades wait for each other."""
    with upgrade_portal(boat.engine("owner")):
        app = create_app(boat, manage=True)
        with app.app_context():
            app.extensions["appbuilder"].add_permissions(update_perms=True)
            app.extensions["appbuilder"].sm.sync_roles()


def main() -> int:
    upgrade(packetboat())
    return 0


if __name__ == "__main__":
    sys.exit(main())
