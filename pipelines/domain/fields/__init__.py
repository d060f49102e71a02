"""The fields that Packetboat knows, one file each in this folder, found by scanning it (`docs/adding-a-field.md`)."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

from pipelines.domain.column_names import key
from pipelines.domain.field import Field, mistakes
from pipelines.language import Sentence


class FieldFileError(Exception):
    """A file in the folder of fields does not define a valid field; the message says why."""


def scan(package: str, folder: Path) -> tuple[Field, ...]:
    """The fields in `folder`, whose files are the modules of `package`, in their order. Raises FieldFileError."""
    fields = sorted(
        (_field(package, module.name) for module in iter_modules([str(folder)])),
        key=lambda field: (field.order, field.name),
    )
    meanings: dict[str, str] = {}
    for field in fields:
        if field.part_of is not None and field.part_of not in {other.name for other in fields}:
            raise FieldFileError(
                f"{field.name}.py: {field.name} is part of {field.part_of}, which is not a field."
            )
        for name in field.keys:
            if meanings.setdefault(name, field.name) != field.name:
                raise FieldFileError(
                    f"{field.name}.py: the column name {name!r} already means {meanings[name]}."
                )
    return tuple(fields)


def _field(package: str, name: str) -> Field:
    try:
        field = getattr(import_module(f"{package}.{name}"), "FIELD", None)
    except TypeError as error:
        raise FieldFileError(f"{name}.py cannot be read: {error}.") from error
    if not isinstance(field, Field):
        raise FieldFileError(f"{name}.py has no FIELD = Field(…).")
    if field.name != name:
        raise FieldFileError(f"The field in {name}.py is named {field.name}.")
    if wrong := list(mistakes(field)):
        raise FieldFileError(f"The field in {name}.py {', and it '.join(wrong)}.")
    return field


FIELDS = scan(__name__, Path(__file__).parent)
BY_NAME = {field.name: field for field in FIELDS}
COLUMNS = tuple(field for field in FIELDS if field.has_column)
ADDRESSES = tuple(field for field in FIELDS if field.is_address)
NAMES = tuple(field for field in FIELDS if field.is_name)
_MEANINGS = {name: field.name for field in FIELDS for name in field.keys}


def title_of(name: str) -> Sentence | str:
    """The title of a field for a sentence, in English where a language has none; any other column keeps its own name."""
    return Sentence(f"field_{name}", {"text": BY_NAME[name].title}) if name in BY_NAME else name


def field_of(column: str) -> str | None:
    """The field that a column name means, or None."""
    return _MEANINGS.get(key(column))
