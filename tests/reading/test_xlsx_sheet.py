"""The facts of a sheet are found however its XML is written, in usual and unusual ways."""

import random

import pytest

from pipelines.reading.xlsx_sheet import (
    parse_sheet_facts,
    parse_string_lengths,
    sheet_facts,
    string_lengths,
)

MAIN = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
SHARED = (7, 100)


def whole(inside, attributes=MAIN):
    return (
        f'<?xml version="1.0"?><worksheet {attributes}><sheetData>{inside}</sheetData></worksheet>'.encode()
    )


def facts_of(xml):
    """As in the guard: with patterns, or with the parser where patterns give up."""
    plain = sheet_facts([xml], SHARED)
    return plain or parse_sheet_facts([xml], SHARED)


PLAIN = (
    '<row r="1" spans="1:2"><c r="A1" t="inlineStr"><is><t>name</t></is></c></row>'
    '<row r="3" hidden="1"><c r="A3" t="s"><v>0</v></c><c r="C3" s="1"/></row>'
    '<row r="4" hidden="0"><c r="B4" t="e"><v>#N/A</v></c><c r="C4" t="e"><v>#N/A</v></c></row>'
    '<row r="9" hidden="true"/>'
)


def test_a_plain_sheet_is_read_by_patterns():
    facts = sheet_facts([whole(PLAIN)], SHARED)
    assert facts == parse_sheet_facts([whole(PLAIN)], SHARED)
    assert facts.hidden_rows == {3, 9}
    assert facts.error_cells == {4: 1}
    assert (facts.last_row, facts.last_column, facts.text) == (4, 2, 7)


@pytest.mark.parametrize("size", [1, 7, 50, 10_000])
def test_the_ends_of_chunks_make_no_difference(size):
    xml = whole(PLAIN)
    chunks = [xml[start : start + size] for start in range(0, len(xml), size)]
    assert facts_of(xml) == sheet_facts(chunks, SHARED) == parse_sheet_facts(chunks, SHARED)


@pytest.mark.parametrize(
    ("inside", "hidden"),
    [
        ('<row/><row hidden="1"><c t="s"><v>0</v></c></row><row/>', {2}),
        ('<row r="5"/><row hidden="1"/><row hidden="true"/>', {6, 7}),
        ('<row hidden="1"><c r="A3"><v>1</v></c></row><row/>', {1, 3}),
        ("<row r='2' hidden='1'/>", {2}),
        ('<row\n  r="2"\n  hidden = "1"/>', {2}),
        ('<row r="2" hidden="&#49;"/>', {2}),
        ('<row r="2" spans=">" hidden="1"/>', {2}),
        ('<row hidden="1" r="2"/>', {2}),
        ('<!-- <row r="1" hidden="1"/> --><row r="2" hidden="1"/>', {2}),
        ('<row r="1"><c r="A1" t="inlineStr"><is><t><![CDATA[<row r="3" hidden="1"/>]]></t></is></c></row>', set()),
        ('<row r="1"/><?x <row r="2" hidden="1"> ?><row r="3" hidden="1"/>', {3}),
        ('<row r="7"/><row r="2" hidden="1"/>', {2}),
    ],
)  # fmt: skip
def test_a_hidden_row_in_any_notation(inside, hidden):
    assert facts_of(whole(inside)).hidden_rows == hidden


def test_a_prefix_on_every_tag():
    xml = (
        '<x:worksheet xmlns:x="urn:m"><x:sheetData><x:row r="1"><x:c r="A1" t="e"><x:v>#N/A</x:v></x:c></x:row>'
        '<x:row r="2" hidden="1"><x:c r="B2" t="s"><x:v>1</x:v></x:c></x:row></x:sheetData></x:worksheet>'
    )
    facts = facts_of(xml.encode())
    assert (facts.hidden_rows, facts.error_cells) == ({2}, {1: 0})
    assert (facts.last_row, facts.last_column, facts.text) == (2, 1, 100)


def test_error_cells_without_a_number_are_numbered_by_their_order():
    cells = '<c><v>1</v></c><c t="e"><v>#N/A</v></c>'
    facts = facts_of(whole(f'<row>{cells}</row><row r="4">{cells}</row><row><c r="D5"/><c t="e"/></row>'))
    assert facts.error_cells == {1: 1, 4: 1, 5: 4}


@pytest.mark.parametrize(
    "cell",
    [
        '<c r="A1" t="s"><v>1</v></c>',
        '<c t="s"><v>1</v></c>',
        "<c r='A1' t='s'><v>1</v></c>",
        '<c r="A1" t="s"><f>x</f><v>1</v></c>',
        '<c r="A1" t="s"><v ><!-- -->1</v></c>',
        '<c r="A1"\tt="s"><v>&#49;</v></c>',
        '<c r="A1" t = "s"><v>1</v></c>',
    ],
)
def test_a_shared_string_counts_once_for_each_cell(cell):
    assert facts_of(whole(f'<row r="1">{cell * 3}</row>')).text == 300


@pytest.mark.parametrize(
    ("inside", "lengths"),
    [
        ("<si><t>four</t></si><si/><si><r><t>two</t></r><r><t>runs</t></r></si>", [4, 0, 7]),
        ("<x:si><x:t>four</x:t></x:si>", [4]),
        ("<si><t><![CDATA[<si>]]></t></si><si><t>x</t></si>", [4, 1]),
        ("<!-- <si> --><si><t>x</t></si>", [1]),
    ],
)
def test_shared_strings_are_measured(inside, lengths):
    xml = f"<sst xmlns:x='urn:x'>{inside}</sst>".encode()
    assert list(string_lengths([xml]) or parse_string_lengths([xml])) == lengths
    halves = [xml[: len(xml) // 2], xml[len(xml) // 2 :]]
    assert list(string_lengths(halves) or parse_string_lengths(halves)) == lengths


def test_patterns_and_parser_agree():
    dice = random.Random(7)
    for _sheet in range(200):
        rows = []
        for number in sorted(dice.sample(range(1, 60), dice.randint(0, 12))):
            cells = "".join(
                dice.choice(
                    [
                        f'<c r="{letter}{number}" t="s"><v>{dice.randint(0, 1)}</v></c>',
                        f'<c r="{letter}{number}" s="1" t="e"><v>#N/A</v></c>',
                        f'<c r="{letter}{number}"><f>A1&gt;2</f><v>3.5</v></c>',
                        f'<c r="{letter}{number}" t="inlineStr"><is><t>hidden=</t></is></c>',
                        f'<c r="{letter}{number}" s="2"/>',
                    ]
                )
                for letter in sorted(dice.sample("ABCDEFG", dice.randint(0, 4)))
            )
            hidden = dice.choice(["", ' hidden="1"', ' hidden="false"', ' ht="12" hidden="true"'])
            rows.append(f'<row r="{number}"{hidden}>{cells}</row>')
        xml = whole("".join(rows))
        facts = sheet_facts([xml], SHARED)
        assert facts is not None
        assert facts == parse_sheet_facts([xml], SHARED)
