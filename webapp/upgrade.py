"""Creates or updates Flask-AppBuilder's part of the database: its tables in `public`, permissions, roles.

Run `python -m webapp.upgrade` after the migrations; it is safe to run again.
"""

import sys

from sqlalchemy import text

from pipelines.bootstrap import Packetboat, packetboat
from pipelines.settings import PROJECT
from webapp.app import create_app


def upgrade(boat: Packetboat) -> None:
    """Update the portal's part of the database. Concurrent upgrades wait for each other."""
    with boat.engine("owner").connect() as lock:
        lock.execute(text("select pg_advisory_lock(hashtext('packetboat portal'))"))
        app = create_app(boat, manage=True)
        with app.app_context():
            app.appbuilder.add_permissions(update_perms=True)
            app.appbuilder.sm.sync_roles()
        # Directly through the driver, because the file has several statements.
        lock.connection.driver_connection.execute((PROJECT / "sql/log_ins/end_with_rights.sql").read_text())
        lock.commit()


def main() -> int:
    upgrade(packetboat())
    return 0


if __name__ == "__main__":
    sys.exit(main())
