"""E-mail, as plain text."""

from pipelines.channels.base import Channel, Part


class Email(Channel):
    """A header line has at most 998 characters (RFC 5322, 2.1.1), and `Subject: ` takes nine; in any script, a body is under 256 KB (S5)."""

    name = "email"
    title = "e-mail"
    lane_title = "e-mail"
    max_lanes = 2
    icon = "mail"
    frame = "mail"
    address = "email"
    parts = (Part("subject", "subject", 989, one_line=True), Part("body", "text", 65_536))


CHANNEL = Email()
