"""Names: all-uppercase and all-lowercase names are capitalised, all others stay as they are."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipelines.cleaning.names import clean
from pipelines.cleaning.rule import Setting


def name(value):
    return clean(value, Setting("US", "en", "UTC")).value


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("JAMES", "James"),
        ("marie", "Marie"),
        ("  Ann   Lee ", "Ann Lee"),
        ("ANN-MARIE", "Ann-Marie"),
        ("O'NEIL", "O'Neil"),
        ("D\u2019ARCY", "D\u2019Arcy"),
        ("MCDONALD", "McDonald"),
        ("MACHADO", "Machado"),
        ("MARIA DE LA CRUZ", "Maria de la Cruz"),
        ("LUDWIG VAN BEETHOVEN", "Ludwig van Beethoven"),
        ("JOHN SMITH III", "John Smith III"),
        ("JOHN SMITH JR", "John Smith Jr"),
        ("JJ", "JJ"),
        ("JO", "Jo"),
        ("É", "É"),
        ("JOSÉ", "José"),
        ("IAN'S", "Ian's"),
        ("McDonald", "McDonald"),
        ("de la Cruz", "de la Cruz"),
        ("bell hooks II", "bell hooks II"),
        ("李小龍", "李小龍"),
        ("Jose\u0301", "José"),
        ("\u202eevil\u202c", "Evil"),
        ("Ann\r\nBcc: all@example.com", "Ann Bcc: all@example.com"),
        ("{{ 7*7 }}", "{{ 7*7 }}"),
        ("<script>alert(1)</script>", "<script>alert(1)</script>"),
        ("Null", "Null"),
        ("None", "None"),
        ("Na", "Na"),
        ("NAN", "Nan"),
        ("Unknown", "Unknown"),
        ("N.A.", "N.A."),
        ("N. A. Lee", "N. A. Lee"),
        ("Ann - Lee", "Ann - Lee"),
        ("\u200b", None),
        *(
            (placeholder, None)
            for placeholder in (
                "N/A",
                "n/a",
                "-",
                "--",
                "\u2013",
                "- -",
                "n.a.",
                "n.a",
                "?",
                "???",
                ".",
                "_",
                "N/A N/A",
                "#N/A",
                "#REF!",
                "#VALEUR!",
                "#",
                " N/A ",
            )
        ),
    ],
)
def test_names(value, expected):
    assert name(value) == expected


@given(st.text())
def test_cleaning_a_clean_name_changes_nothing(value):
    once = name(value)
    assert once is None or name(once) == once


def test_a_placeholder_is_noted():
    assert clean("N/A", Setting("US", "en", "UTC")).note == "placeholder"
