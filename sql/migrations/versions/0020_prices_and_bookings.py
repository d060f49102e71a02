"""The SQL beside this file does it: 0020_prices_and_bookings.sql."""

from pathlib import Path

from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # Straight to the driver: the file has several statements, and its percent signs are no placeholders.
    op.get_bind().connection.driver_connection.execute(Path(__file__).with_suffix(".sql").read_text())


def downgrade() -> None:
    raise NotImplementedError("Packetboat moves forward only: restore a backup, or write the next migration.")
