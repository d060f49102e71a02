"""Views are found by looking into the areas; one that is malformed stops the portal with a sentence that names it."""

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
def found(tmp_path, monkeypatch):
    """Writes one area with the given files, and returns what is found in it."""

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
    assert {"PacketsView", "PacketView", "HeldView", "MessagesView", "RerunView"} == names["packets"]


def test_a_view_is_kept_under_the_name_of_its_folder_with_the_permissions_of_the_whole_area(found):
    other = GOOD.replace("Good", "Other").replace('"see"', '"do"')
    first, second = found(good=GOOD, other=other)
    assert first.class_permission_name == second.class_permission_name == "orders"
    assert first.base_permissions == second.base_permissions == ["can_do", "can_see"]


def test_what_views_share_is_not_looked_into(found):
    assert len(found(base=GOOD.replace("Good", "Common"), good=GOOD)) == 1


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (('roles = {"see": EVERYBODY}', ""), "does not say which roles have its permissions"),
        (('roles = {"see"', 'roles = {"sea"'), "gives away the permission 'sea', which none of its pages needs"),
        (("EVERYBODY}", '("king",)}'), "gives 'see' to king; there are client, support"),
        (('@route("/", "see")', '@expose("/")'), "gives away the permission 'see'"),
        (('@route("/", "see")', '@route("/", "see")\n    def show(self): ...\n    @expose("/x")'), "no permission for list"),
        (('icon="inbox"', 'icon="spaceship"'), "has the icon 'spaceship'; static/icons.svg has"),
        (('Entry("Good", icon="inbox", place=1)', '"Good"'), "has a menu that is no Entry"),
    ],
)  # fmt: skip
def test_a_malformed_view_stops_the_portal_with_a_sentence(found, change, sentence):
    with pytest.raises(ViewFileError, match=sentence) as stopped:
        found(good=GOOD.replace(*change))
    assert "GoodView in areas_" in str(stopped.value)
    assert "/orders/good.py" in str(stopped.value)


def test_two_views_agree_on_who_has_a_permission(found):
    with pytest.raises(ViewFileError, match="gives 'see' to other roles than another view of orders does"):
        found(good=GOOD, other=GOOD.replace("Good", "Other").replace("EVERYBODY", "(SUPPORT,)"))


def test_two_views_have_two_names(found):
    with pytest.raises(ViewFileError, match=r"GoodView in .*/orders/twin\.py has the name of another view"):
        found(good=GOOD, twin=GOOD)
