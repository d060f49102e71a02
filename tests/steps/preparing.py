"""A packet on its way through load, map_fields and clean."""

from sqlalchemy import text

from pipelines import steps
from pipelines.settings import Settings
from pipelines.store.unit_of_work import UnitOfWork
from tests.builders import REMINDER, change_campaign, make_business, make_packet


class Preparing:
    """A client of its own; each file becomes a packet whose steps are run with `steps.run`."""

    def __init__(self, database, tmp_path, *, required=("first_name", "contact_date"), **business):
        self.engine = database.engine("worker")
        details = REMINDER | {"fields": {"required": list(required)}}
        self.business = make_business(self.engine, details=details, **business)
        self.settings = Settings(home=tmp_path, _env_file=None)

    def packet(self, content):
        data = content.encode() if isinstance(content, str) else content
        return make_packet(self.engine, self.business, data, self.settings.files_dir)

    def run(self, packet_id, *names):
        """The result of the last of the steps."""
        result = None
        for name in names:
            result = steps.run(name, packet_id, engine=self.engine, settings=self.settings, secrets={})
        return result

    def cleaned(self, content):
        """A packet run up to clean, and the result."""
        packet_id = self.packet(content)
        return packet_id, self.run(packet_id, "load", "map_fields", "clean")

    def rows(self, statement, **parameters):
        with UnitOfWork(self.engine, self.business.client_id) as uow:
            return [tuple(row) for row in uow.all(text(statement), parameters)]

    def held(self, packet_id):
        """Line, column, code and value of each held row."""
        return self.rows(
            "select line_no, column_name, code, value from held_row where packet_id = :id order by line_no, code",
            id=packet_id,
        )

    def clean(self, packet_id, columns="row_no, first_name, phone, email, local_at"):
        return self.rows(
            f"select {columns} from clean_row where packet_id = :id order by row_no", id=packet_id
        )

    def change_campaign(self, **changes):
        with UnitOfWork(self.engine, self.business.client_id) as uow:
            change_campaign(uow, self.business, **changes)
            uow.commit()

    def do(self, statement, **parameters):
        with UnitOfWork(self.engine, self.business.client_id) as uow:
            uow.execute(text(statement), parameters)
            uow.commit()
