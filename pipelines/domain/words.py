"""Numbers with their nouns."""


def counted(value: int, one: str, many: str | None = None) -> str:
    """`1 row`, `1,000 rows`; `many` is for irregular plurals."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"
