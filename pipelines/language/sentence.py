"""A sentence that is not yet in any language: a code and its params. `pipelines.language` turns it into text for a reader."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Self


@dataclass(frozen=True)
class Sentence:
    """`code` is a message of the catalogues in pipelines/language, `params` are the values of its placeholders.

    A value is a number, a text, a list of these, or a Sentence; `n` decides between singular and plural. No value may be a phone number,
    an address, a name of a person or a text of a message: sentences are logged and kept.
    """

    code: str
    params: Mapping[str, Any] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.code)  # the params may be lists

    def to_json(self) -> dict[str, Any]:
        """The form in which it is stored in the database, alone or within the params of another sentence."""
        return {"code": self.code, "params": {name: _to_json(value) for name, value in self.params.items()}}

    @classmethod
    def from_json(cls, code: str, params: Mapping[str, Any] | None) -> Self:
        """The sentence that `to_json` stored."""
        return cls(code, {name: cls._value(value) for name, value in (params or {}).items()})

    @classmethod
    def read(cls, code: str | None, params: Mapping[str, Any] | None) -> Self | None:
        """A sentence from two columns of a row; None without a code."""
        return None if code is None else cls.from_json(code, params)

    @property
    def json_params(self) -> str:
        """The params as JSON text, for an SQL statement."""
        return json.dumps(self.to_json()["params"])

    @classmethod
    def _value(cls, value: Any) -> Any:
        if isinstance(value, list):
            return [cls._value(one) for one in value]
        if isinstance(value, Mapping):
            return cls.from_json(value["code"], value["params"])
        return value


def _to_json(value: Any) -> Any:
    if isinstance(value, Sentence):
        return value.to_json()
    return [_to_json(one) for one in value] if isinstance(value, list | tuple) else value
