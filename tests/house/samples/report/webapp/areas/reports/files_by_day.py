"""The number of files that arrived on each day."""

from webapp.areas.reports.base import ReportView
from webapp.fab.views import CLIENT


class FilesByDay(ReportView):
    title = "Files by day"
    lead = "All files that arrived, whatever happened to them."
    statement = "files_by_day/files_by_day"
    seen_by = (CLIENT,)
