"""The sample report in a portal. tests/house/test_newcomer.py runs this in a copy of the tree."""

import re
from datetime import UTC, datetime

from tests.webapp.stories import tell_packet


def cells(page):
    return re.findall(r"<td[^>]*>([^<]*)</td>", page.text)


def test_a_client_sees_only_its_own_rows(boat, clinic, other):
    for one, files in ((clinic, 3), (other, 2)):
        for number in range(files):
            content = f"file {number} of {one.business.slug}".encode()
            received = datetime(2031, 11, 20 + number // 2, 12, tzinfo=UTC)
            tell_packet(
                boat.engine("worker"), one.business, state="received", content=content, received=received
            )
    for one, files in ((clinic, ["1", "2"]), (other, ["2"])):
        shown = cells(one.person.get("/reports/files-by-day/"))
        assert [count for day, count in zip(shown[::3], shown[1::3], strict=True) if "2031" in day] == files
