"""Column names in three languages, and what they mean."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.domain.fields import FIELDS, KEYS, field_of, slug, words


@pytest.mark.parametrize(
    ("column", "field"),
    [
        ("E-mail ", "email"), ("Téléphone", "phone"), ("TELEFONO MÓVIL", "phone"), ("Prénom", "first_name"), ("NOM", "last_name"),
        ("apellidos", "last_name"), ("FirstName", "first_name"), ("appt_date", "contact_date"), ("Date du RDV", "contact_date"),
        ("Heure", "contact_time"), ("Fecha y hora", "contact_at"), ("phone1", "phone"), ("Phone 2", None), ("N° client", "external_id"),
        ("Idioma", "language"), ("company", None), ("birth date", None), ("created_at", None), ("", None),
    ],
)  # fmt: skip
def test_names_are_understood(column, field):
    assert field_of(column) == field


def test_each_synonym_means_one_field():
    for field in FIELDS:
        for synonym in (field.name, *field.synonyms):
            assert KEYS[words(synonym).replace(" ", "")] == field.name, synonym


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
def test_a_slug_can_stand_in_a_template(column):
    assert slug(column).isidentifier()
    assert slug(column).isascii()
