"""What a sending limit can be about."""

from enum import StrEnum


class LimitScope(StrEnum):
    """Units are counted as the provider counts them: segments of text messages, otherwise messages."""

    PROVIDER = "provider"  # our account with it; its day is UTC's
    SENDER = "sender"
    BRAND = "brand"  # a client as the carriers know it, with one provider; the day is UTC's
    CLIENT = "client"
    CHANNEL = "channel"
    COUNTRY = "country"  # of a phone number
    PREFIX = "prefix"  # of a phone number in E.164 form: against SMS pumping (S19)


OF_ONE_CLIENT = frozenset({LimitScope.SENDER, LimitScope.BRAND, LimitScope.CLIENT})
OF_ALL_CLIENTS = frozenset({LimitScope.PROVIDER})
BY_DAY_ALONE = frozenset({LimitScope.COUNTRY, LimitScope.PREFIX})
