"""The base of every report: a title, a statement, and the roles that may see it. Page, menu entry and permission follow from that."""

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
    """A page with the result of one statement; row-level security limits it to the rows that the viewer may see.

    A report defines its `title`, its `statement` (`sql/reports/<statement>.sql`) and the roles it is `seen_by`. `lead` is a sentence
    below the title, `icon` is one of static/icons.svg.
    """

    title: ClassVar[str]
    statement: ClassVar[str]
    seen_by: ClassVar[Collection[str]]
    lead: ClassVar[str] = ""
    icon: ClassVar[str] = "chart-column"

    roles: ClassVar[Roles]
    menu: ClassVar[Entry]

    def __init_subclass__(cls) -> None:
        if missing := [name for name in ("title", "statement", "seen_by") if not hasattr(cls, name)]:
            raise TypeError(f"The report {cls.__name__} does not define {', '.join(missing)}.")
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
