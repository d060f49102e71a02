"""What every report is: a title, a statement, and the roles that may see it. The page, the menu and the permission follow from that."""

import re
from collections.abc import Collection
from typing import ClassVar

from flask import render_template
from flask_appbuilder import BaseView

from pipelines.reports.table import Table
from webapp.access import viewer
from webapp.fab.menu import Entry
from webapp.fab.views import Roles, route

CATEGORY = "Reports"
PLACE = 50


class ReportView(BaseView):
    """A page with what one statement answers, as the viewer may see it: row-level security decides whose rows these are.

    A report says its `title`, its `statement` (`sql/reports/<statement>.sql`) and the roles it is `seen_by`; `lead` is a sentence
    below the title, `icon` one of static/icons.svg.
    """

    title: ClassVar[str]
    statement: ClassVar[str]
    seen_by: ClassVar[Collection[str]]
    lead: ClassVar[str] = ""
    icon: ClassVar[str] = "chart-column"

    roles: ClassVar[Roles]
    menu: ClassVar[Entry]

    def __init_subclass__(cls) -> None:
        if lacking := [name for name in ("title", "statement", "seen_by") if not hasattr(cls, name)]:
            raise TypeError(f"The report {cls.__name__} does not say its {', '.join(lacking)}.")
        name = re.sub(r"(?<=.)([A-Z])", r"-\1", cls.__name__).lower()
        permission = f"see_{name.replace('-', '_')}"
        cls.route_base = f"/reports/{name}"
        cls.method_permission_name = {"list": permission}
        cls.roles = {permission: cls.seen_by}
        cls.menu = Entry(cls.title, icon=cls.icon, place=PLACE, category=CATEGORY)

    @route("/", "see")
    def list(self) -> str:
        with viewer().unit_of_work() as uow:
            table = Table.read(uow, self.statement)
        return render_template("reports/report.html", report=self, table=table)
