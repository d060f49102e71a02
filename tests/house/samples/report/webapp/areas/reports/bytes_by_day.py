"""How much arrived on each day: a second report over the same statement, which the staff sees, too."""

from webapp.areas.reports.base import ReportView
from webapp.fab.views import CLIENT, SUPPORT


class BytesByDay(ReportView):
    title = "Bytes by day"
    lead = "How much arrived, whatever became of it."
    statement = "files_by_day/files_by_day"
    seen_by = (CLIENT, SUPPORT)
