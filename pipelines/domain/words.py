"""How numbers and things stand in a sentence."""


def counted(value: int, one: str, many: str | None = None) -> str:
    """1 row, 1,000 rows; `many` where the plural is not made with an s."""
    return f"{value:,} {one if value == 1 else many or one + 's'}"
