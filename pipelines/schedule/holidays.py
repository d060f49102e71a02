"""Public holidays by country and subdivision, from the library `holidays`."""

from datetime import date
from functools import lru_cache


def knows(country: str, subdivision: str | None = None) -> bool:
    """Whether there are holidays for this country (ISO 3166-1) and, if given, for this subdivision (ISO 3166-2 without the country)."""
    import holidays  # noqa: PLC0415 - slow to import, and few campaigns need it

    known = holidays.list_supported_countries(include_aliases=True)
    return country in known and (subdivision is None or subdivision in known[country])


@lru_cache(maxsize=256)
def holidays_of(country: str, subdivision: str | None, year: int) -> frozenset[date]:
    """The public holidays of a year, with the days on which they are observed; none for a country that is not known."""
    if not knows(country, subdivision):
        return frozenset()
    import holidays  # noqa: PLC0415

    return frozenset(holidays.country_holidays(country, subdiv=subdivision, years=year))
