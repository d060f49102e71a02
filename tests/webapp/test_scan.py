"""Views are found by scanning the areas; a malformed one stops the portal with an error that names it."""

import sys
from importlib import import_module
from itertools import count

import pytest

from webapp import areas
from webapp.fab.scan import ViewFileError, find_views

HEAD = """
from flask_appbuilder import BaseView, expose
from webapp.fab.menu import Entry
from webapp.fab.views import CLIENT, EVERYBODY, SUPPORT, route
"""
GOOD = """
class GoodView(BaseView):
    roles = {"see": EVERYBODY}
    menu = Entry("Good", icon="inbox", place=1)

    @route("/", "see")
    def list(self): ...
"""
number = count()


@pytest.fixture
def scan(tmp_path, monkeypatch):
    """Write one area with the given files, and return its views."""

    def find(**files):
        name = f"areas_{next(number)}"
        area = tmp_path / name / "orders"
        area.mkdir(parents=True)
        for package in (area.parent, area):
            (package / "__init__.py").touch()
        for file, source in files.items():
            (area / f"{file}.py").write_text(HEAD + source)
        monkeypatch.syspath_prepend(tmp_path)
        try:
            return find_views(import_module(name))["orders"]
        finally:
            for module in [module for module in sys.modules if module.startswith(name)]:
                del sys.modules[module]

    return find


def test_the_portals_own_areas_are_found():
    names = {area: {type(view).__name__ for view in views} for area, views in find_views(areas).items()}
    assert names["upload"] == {"UploadView"}
    assert {"PacketsView", "PacketView", "HeldView", "MessagesView", "RerunView", "ControlView"} == names[
        "packets"
    ]


def test_a_view_has_the_name_of_its_folder_and_the_permissions_of_the_whole_area(scan):
    other = GOOD.replace("Good", "Other").replace('"see"', '"do"')
    first, second = scan(good=GOOD, other=other)
    assert first.class_permission_name == second.class_permission_name == "orders"
    assert first.base_permissions == second.base_permissions == ["can_do", "can_see"]


def test_the_module_that_views_share_is_not_scanned(scan):
    assert len(scan(base=GOOD.replace("Good", "Common"), good=GOOD)) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (('roles = {"see": EVERYBODY}', ""), "does not define which roles have its permissions"),
        (('roles = {"see"', 'roles = {"sea"'), "grants the permission 'sea', which none of its pages requires"),
        (("EVERYBODY}", '("king",)}'), "grants 'see' to unknown roles: king; allowed: client, support"),
        (('@route("/", "see")', '@expose("/")'), "grants the permission 'see'"),
        (('@route("/", "see")', '@route("/", "see")\n    def show(self): ...\n    @expose("/x")'), "no permission for list"),
        (('icon="inbox"', 'icon="spaceship"'), "has the unknown icon 'spaceship'; static/icons.svg has"),
        (('Entry("Good", icon="inbox", place=1)', '"Good"'), "has a menu that is not an Entry"),
    ],
)  # fmt: skip
def test_a_malformed_view_stops_the_portal_with_an_error(scan, change, message):
    with pytest.raises(ViewFileError, match=message) as raised:
        scan(good=GOOD.replace(*change))
    assert "GoodView in areas_" in str(raised.value)
    assert "/orders/good.py" in str(raised.value)


def test_two_views_must_grant_a_permission_to_the_same_roles(scan):
    with pytest.raises(ViewFileError, match="grants 'see' to other roles than another view of orders does"):
        scan(good=GOOD, other=GOOD.replace("Good", "Other").replace("EVERYBODY", "(SUPPORT,)"))


def test_two_views_must_have_different_names(scan):
    with pytest.raises(ViewFileError, match=r"GoodView in .*/orders/twin\.py has the name of another view"):
        scan(good=GOOD, twin=GOOD)
