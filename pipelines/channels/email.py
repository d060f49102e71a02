"""E-mail, as plain text."""

from pipelines.channels.base import Channel


class Email(Channel):
    """A header line holds 998 characters (RFC 5322, 2.1.1), of which `Subject: ` takes nine; a body stays under 256 KB (S5) in any script."""

    name = "email"
    title = "e-mail"
    address = "email"
    address_title = "an e-mail address"
    longest_body = 65_536
    longest_subject = 989


CHANNEL = Email()
