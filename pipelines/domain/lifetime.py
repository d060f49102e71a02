"""Until when a message is worth sending, by the type of its campaign; a campaign may say otherwise (B9)."""

from collections.abc import Mapping

# Hours after the first moment at which a message without a contact ahead may go out. What somebody waits for or comes to is old after
# days. Announcements to many thousands may take weeks, as some networks allow a sender only a few thousand messages a day.
LIFE_HOURS: Mapping[str, int] = {
    "appointment_reminder": 72,
    "no_show": 72,
    "reschedule": 72,
    "lab": 168,
    "immunization": 168,
    "announcement": 720,
    "home_for_sale": 720,
    "short_sale": 720,
    "auction": 720,
}
# Types whose messages are worthless after the contact even if it was over when the packet came. Those of other types may be about a contact
# that is over.
REMINDERS = frozenset({"appointment_reminder"})
AFTERWARDS = frozenset({"no_show"})  # messages about a contact that is over
