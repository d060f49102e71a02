"""Column names in three languages, and what they mean."""

import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domain.column_names import slug
from pipelines.domain.fields import BY_NAME, FieldFileError, field_of, scan


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("E-mail ", "email"), ("Téléphone", "phone"), ("TELEFONO MÓVIL", "phone"), ("Prénom", "first_name"), ("NOM", "last_name"),
        ("apellidos", "last_name"), ("FirstName", "first_name"), ("appt_date", "contact_date"), ("Date du RDV", "contact_date"),
        ("Heure", "contact_time"), ("Fecha y hora", "contact_at"), ("phone1", "phone"), ("Phone 2", None), ("N° client", "external_id"),
        ("Idioma", "language"), ("company", None), ("birth date", None), ("created_at", None), ("", None),
        ("Booked on", "booked_at"), ("Date de prise de RDV", "booked_at"), ("Réservé le", "booked_at"), ("Reservado el", "booked_at"), ("Booked?", None),
    ],
)  # fmt: skip
def test_column_names_are_recognised(column, field):
    assert field_of(column) == field


@pytest.mark.parametrize(
    ("column", "name"),
    [
        ("Dr. Name", "dr_name"),
        ("2nd phone", "column_2nd_phone"),
        ("Spécialité", "specialite"),
        ("???", "column"),
    ],
)
def test_slugs(column, name):
    assert slug(column) == name


@given(st.text())
def test_a_slug_can_be_used_in_a_template(column):
    assert slug(column).isidentifier()
    assert slug(column).isascii()


def test_a_date_is_not_taken_for_a_phone_number():
    looks = BY_NAME["phone"].looks.pattern
    assert looks.fullmatch("(212) 555-2368")
    assert not looks.fullmatch("2027-03-31")


def test_a_field_defines_when_a_row_lacks_it():
    assert BY_NAME["phone"].lacks == "clean_row.phone is null"
    assert BY_NAME["contact_date"].lacks == "clean_row.contact_at is null"
    assert BY_NAME["language"].lacks == "false"


def test_people_texts_and_rules_see_a_moment_in_local_time():
    assert BY_NAME["contact_at"].as_text == "clean_row.local_at"
    assert (
        BY_NAME["booked_at"].as_text
        == "to_char(timezone(clean_row.time_zone, clean_row.booked_at), 'YYYY-MM-DD HH24:MI')"
    )


GOOD = """
from pipelines.domain.field import Field

FIELD = Field(
    name="postcode",
    title="postcode",
    synonyms={"en": ("zip",), "fr": ("code postal",), "es": ("codigo postal",)},
    rule="tidied",
)
"""


@pytest.fixture
def scanned(tmp_path, monkeypatch):
    """Scan a folder with this source as postcode.py: the fields, or the text of the error."""

    def read(source):
        (tmp_path / "postcode.py").write_text(source)
        monkeypatch.syspath_prepend(tmp_path.parent)
        try:
            return scan(tmp_path.name, tmp_path)
        except FieldFileError as error:
            return str(error)
        finally:
            for module in [name for name in sys.modules if name.startswith(tmp_path.name)]:
                del sys.modules[module]

    return read


def test_a_file_is_a_field(scanned):
    (field,) = scanned(GOOD)
    assert (field.name, field.column, field.has_column, field.text) == ("postcode", "text", True, "postcode")


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("FIELD = ", "OTHER = ", r"postcode.py has no FIELD = Field\(…\)."),
        ('    rule="tidied",\n', "", "postcode.py cannot be read: .* 'rule'"),
        ('name="postcode"', 'name="zip"', "The field in postcode.py is named zip."),
        ('title="postcode"', 'title=""', "The field in postcode.py needs a title."),
        ('("zip",)', '("zip")', "a tuple of one ends with a comma"),
        ('"fr": ("code postal",), ', "", "needs synonyms by language, for en, fr, es"),
        (
            'rule="tidied"',
            'rule="tidied", column="varchar"',
            "has the column type varchar; allowed: text, integer",
        ),
        (
            'rule="tidied"',
            'rule="tidied", column="timestamptz"',
            "needs both the column type timestamptz and the rule past_moment",
        ),
        (
            'rule="tidied"',
            'rule="past_moment"',
            "needs both the column type timestamptz and the rule past_moment",
        ),
        (
            'rule="tidied"',
            'rule="tidied", text_column="local_at"',
            "only contact_at can have its text in another column",
        ),
        (
            'rule="tidied"',
            'rule="past_moment", column="timestamptz", text_column="pickup_local"',
            "only contact_at can have its text in another column",
        ),
        (
            'rule="tidied"',
            'rule="tidied", column="date", is_address=True',
            "is an address, so its column must be text",
        ),
        ('rule="tidied"', 'rule="tidied", fallback="mood"', "has the fallback mood; allowed: language"),
        (
            'rule="tidied"',
            'rule="tidied", part_of="address"',
            "postcode is part of address, which is not a field",
        ),
    ],
)
def test_a_malformed_file_is_refused_with_a_sentence(scanned, old, new, sentence):
    assert old in GOOD
    assert re.search(sentence, scanned(GOOD.replace(old, new)))


def test_a_column_name_can_mean_only_one_field(scanned, tmp_path):
    (tmp_path / "area.py").write_text(GOOD.replace('"postcode"', '"area"'))
    assert scanned(GOOD) == "postcode.py: the column name 'zip' already means area."
