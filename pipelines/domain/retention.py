"""How long personal data of a packet is kept, by the type of its campaign (B18). A campaign may shorten this, never lengthen it."""

from collections.abc import Mapping

# Days after the packet was settled. The defaults follow the use: a result is private and soon read, an announcement may be asked about
# for a year. CNIL's limit for prospects, three years after the last contact, lies above all of them.
RETENTION_DAYS: Mapping[str, int] = {
    "lab": 30,
    "immunization": 90,
    "appointment_reminder": 90,
    "no_show": 90,
    "reschedule": 90,
    "announcement": 365,
    "home_for_sale": 365,
    "short_sale": 365,
    "auction": 365,
}

# Days after that for which a packet is kept while the outcome of a message is unknown: so long somebody may still need the address to find it out.
UNKNOWN_DAYS = 30
