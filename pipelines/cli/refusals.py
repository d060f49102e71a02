"""Shows why a file was refused on the command line: the sentence, the option that helps, the readings to choose from."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import click
from rich.console import Console

from pipelines.actions.packets.accept_packet import SubmissionRefused
from pipelines.cli.table import table
from pipelines.cli.tell import tell
from pipelines.language import Sentence
from pipelines.language.vocabulary import Heading
from pipelines.reading import Reading

encoding_option = click.option(
    "--encoding",
    help="The encoding of the file, if it is not UTF-8: cp932, koi8-r, cp1252 … The feed remembers it.",
)


def show_readings(readings: Sequence[Reading]) -> None:
    """Print the same values in each likely encoding, on standard error and never in a log."""
    listed = table(Heading.OPTION, Heading.ENCODING, Heading.SOME_VALUES)
    for reading in readings:
        listed.add_row(f"--encoding {reading.encoding}", reading.title, " · ".join(reading.samples))
    Console(stderr=True).print(listed)


def show_refusal(refused: SubmissionRefused, as_json: bool) -> None:
    """Print it as JSON, or show the readings; add the option that helps to its sentence, where the portal has a button."""
    if as_json:
        document = {
            "refused": refused.code,
            "sentence": tell(refused.sentence),
            "packet_id": refused.packet_id,
        }
        readings = {"readings": [asdict(reading) for reading in refused.readings]} if refused.readings else {}
        click.echo(json.dumps(document | readings, default=str))
    elif refused.readings:
        show_readings(refused.readings)
    if refused.code == "sent_before":
        refused.sentence = _with_option(refused, "--again")
    elif refused.readings:
        refused.sentence = _with_option(refused, f"--encoding {refused.readings[0].encoding}")


def _with_option(refused: SubmissionRefused, option: str) -> Sentence:
    return Sentence("refusal_and_option", {"refusal": refused.sentence, "option": option})
