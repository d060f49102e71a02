"""Every report opens for the roles that it names, from a menu entry, and for nobody else."""

import pytest

from webapp import areas
from webapp.fab.scan import find_views
from webapp.fab.views import CLIENT, SUPPORT

REPORTS = find_views(areas).get("reports", [])


@pytest.mark.parametrize("report", REPORTS, ids=lambda report: type(report).__name__)
def test_a_report_opens_only_for_its_roles(app, clinic, support, report):
    address = f"{report.route_base}/"
    for role, person in ((CLIENT, clinic.person), (SUPPORT, support)):
        page = person.get(address)
        # Reports share an entry, which lists them while one of them is open.
        rail = (page if role in report.seen_by else person.get("/packets/")).text.split("<main")[0]
        assert page.status_code == (200 if role in report.seen_by else 403), role
        assert (f'href="{address}"' in rail) == (role in report.seen_by), role
        assert (f"<h1>{report.title}</h1>" in page.text) == (role in report.seen_by), role
    answer = app.test_client().get(address)
    assert answer.status_code == 302
    assert answer.location.startswith("/login/?next=")
