"""The number of files that arrived on each day."""

from webapp.areas.reports.base import ReportView
from webapp.fab.views import CLIENT


class FilesByDay(ReportView):
    title = "Files by day"
    lead = "What arrived, whatever became of it."
    statement = "files_by_day/files_by_day"
    seen_by = (CLIENT,)
