"""Replies as providers send them: signed forms on the path of their hook."""

import hashlib
import hmac
import json
import time
from urllib.parse import urlencode
from uuid import uuid4

from twilio.request_validator import RequestValidator
from urllib3.filepost import encode_multipart_formdata

from tests.sending import make_sending
from tests.webapp.conftest import PORTAL

SMS_SENDER, MAIL_SENDER = "+15005550006", "reminders@packetboat.example"


def twilio_reply(boat, text, sender, to=SMS_SENDER, *, base=PORTAL, **fields):
    """Path, body and headers of an incoming message as Twilio signs it."""
    sid = f"SM{uuid4().hex}"
    form = {
        "MessageSid": sid,
        "SmsSid": sid,
        "SmsStatus": "received",
        "AccountSid": boat.secrets["twilio_account_sid"],
        "From": sender,
        "To": to,
        "Body": text,
        "NumMedia": "0",
        "NumSegments": "1",
        "ApiVersion": "2010-04-01",
    } | fields
    path = "/hooks/twilio/replies"
    signature = RequestValidator(boat.secrets["twilio_auth_token"]).compute_signature(base + path, form)
    headers = {
        "X-Twilio-Signature": signature,
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
    }
    return path, urlencode(form).encode(), headers


def mailgun_reply(boat, text, sender, to=MAIL_SENDER, *, multipart=False, headers=(), at=None, **fields):
    """Path, body and headers of an e-mail that one of Mailgun's routes passes on."""
    timestamp, token = str(int(at or time.time())), uuid4().hex
    key = boat.secrets["mailgun_signing_key"].encode()
    message_id = f"<{uuid4().hex}@example.com>"
    form = {
        "recipient": to,
        "sender": sender,
        "from": f"A Person <{sender}>",
        "subject": "Re: Your appointment",
        "body-plain": f"{text}\r\n\r\nOn Mon, 1 Jan 2026, Clinic wrote:\r\n> Reply C to confirm or STOP",
        "stripped-text": text,
        "message-headers": json.dumps([["Message-Id", message_id], *headers]),
        "timestamp": timestamp,
        "token": token,
        "signature": hmac.new(key, (timestamp + token).encode(), hashlib.sha256).hexdigest(),
    } | fields
    if multipart:
        body, kind = encode_multipart_formdata(form)
    else:
        body, kind = urlencode(form).encode(), "application/x-www-form-urlencoded"
    return "/hooks/mailgun/replies", body, {"Content-Type": kind}


CALL = """
insert into provider_call (client_id, packet_id, provider, channel, sender_id, messages, state, owner, lease_until, provider_ref,
    claimed_at, begun_at, recorded_at)
values (:client, :packet, :provider, :channel, :sender, :size, 'accepted', uuidv7(), now(), :reference,
    now() - cast(:ago as interval), now() - cast(:ago as interval), now())
returning id
"""
ATTEMPTS = """
insert into attempt (client_id, message_id, attempt_no, call_id)
select client_id, id, 1, :call from message where packet_id = :packet
"""
SENDER = (
    "select id, provider from sender where client_id = :client and channel = :channel and state = 'active'"
)


def wrote(sending, addresses, channel="sms", *, ago="1 hour", reference=None):
    """A packet whose messages were sent to these addresses, all in one call; returns its id. `sending` is a Boat of tests/sending.py."""
    packet = make_sending(sending.worker, sending.business, addresses, channel)
    client = sending.business.client_id
    sending.change(
        "update message set state = 'delivered', attempt_no = 1 where packet_id = :packet", packet=packet
    )
    (sender,) = sending.rows(SENDER, client=client, channel=channel)
    (call,) = sending.returning(
        CALL,
        client=client,
        packet=packet,
        provider=sender.provider,
        channel=channel,
        sender=sender.id,
        size=len(addresses),
        reference=reference,
        ago=ago,
    )
    sending.change(ATTEMPTS, call=call.id, packet=packet)
    sending.change("update data_packet set state = 'settled' where id = :packet", packet=packet)
    return packet
