"""The faults that are put into the code on purpose, one at a time, and the tests that must notice each: `faults/*.toml`, a file per area."""

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent / "faults"


@dataclass(frozen=True)
class Fault:
    """In `file`, `old` (which occurs once) becomes `new`; `tests` are the files or tests of which at least one must then fail."""

    area: str
    name: str
    file: str
    old: str
    new: str
    tests: tuple[str, ...]

    @contextmanager
    def put_into(self, tree: Path) -> Iterator[None]:
        """Change the file in `tree`, and change it back afterwards. Raises ValueError unless `old` occurs exactly once."""
        path = tree / self.file
        text = path.read_text()
        if text.count(self.old) != 1:
            raise ValueError(
                f"{self.area}: {self.name}: {self.file} has {text.count(self.old)} times {self.old!r}"
            )
        path.write_text(text.replace(self.old, self.new))
        try:
            yield
        finally:
            path.write_text(text)


def all_faults() -> list[Fault]:
    """Every fault, by area."""
    return [
        Fault(area=path.stem, **entry | {"tests": tuple(entry["tests"])})
        for path in sorted(FOLDER.glob("*.toml"))
        for entry in tomllib.loads(path.read_text())["fault"]
    ]
