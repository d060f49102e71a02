"""The names of steps, states, outcomes and columns, for the portal, the command line and Airflow (`vocabulary.po`).

Titles of steps stand alone. States and outcomes are worded for use within a sentence; `capitalized` puts one at the start of a line.
"""

from enum import StrEnum

from pipelines.language.sentence import Sentence


def step_title(step: str) -> Sentence:
    """The title of a step of `pipelines.states.STEPS`."""
    return Sentence(f"step_{step}")


def step_purpose(step: str) -> Sentence:
    """What the step is for, in a sentence."""
    return Sentence(f"purpose_{step}")


def mark_meaning(kind: str) -> Sentence:
    """What the mark of a step means: `kind` is waiting, moving, done or needs."""
    return Sentence(f"mark_{kind}")


def packet_state(state: str) -> Sentence:
    """A state of `PacketState`."""
    return Sentence(f"packet_state_{state}")


def why_suppressed(reason: str) -> Sentence:
    """Why a person must not be contacted."""
    return Sentence(f"suppressed_{reason}")


def message_state(state: str) -> Sentence:
    """A state of `MessageState`."""
    return Sentence(f"message_state_{state}")


def call_state(state: str) -> Sentence:
    """A state of `CallState`."""
    return Sentence(f"call_state_{state}")


def outcome_of(rows: int, outcome: str) -> Sentence:
    """The outcome (`Outcome`) of `rows` rows, without the number."""
    return Sentence(f"outcome_{outcome}", {"n": rows})


def reply_kind(kind: str) -> Sentence:
    """A kind of answer (`pipelines.domain.replies.Kind`), as what the person did."""
    return Sentence(f"reply_kind_{kind}")


class Heading(StrEnum):
    """The columns of tables."""

    ALLOWED = "allowed"
    BEGINS = "begins"
    CAMPAIGN = "campaign"
    CAMPAIGNS = "campaigns"
    CHANGED = "changed"
    CHANNEL = "channel"
    CLIENT = "client"
    CODE = "code"
    COLUMN = "column"
    DIFFERENT = "different"
    ENCODING = "encoding"
    FIELD = "field"
    FILLED = "filled"
    HELD = "held"
    HELD_ROWS = "held_rows"
    IN = "in"
    LANGUAGE = "language"
    LENGTH = "length"
    LINE = "line"
    NAME = "name"
    OF = "of"
    OPTION = "option"
    OUT = "out"
    PROVIDER = "provider"
    QUALITY_CHECK = "quality_check"
    REGION = "region"
    ROWS = "rows"
    SENDER = "sender"
    SHAPES = "shapes"
    SOME_VALUES = "some_values"
    STATE = "state"
    STEP = "step"
    TEXT = "text"
    TEXTS = "texts"
    TIME = "time"
    TIME_ZONE = "time_zone"
    TO = "to"
    VALUE = "value"
    VERSION = "version"
    WHEN = "when"
    WHY = "why"


def heading(column: str) -> Sentence:
    """The heading of a column of a table."""
    return Sentence(f"heading_{column}")


def capitalized(text: str) -> str:
    """The text as the beginning of a line."""
    return text[:1].upper() + text[1:]
