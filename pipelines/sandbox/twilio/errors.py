"""Twilio's errors, and JSON answers. https://www.twilio.com/docs/api/errors"""

import json
from typing import Any

from starlette.responses import Response

# Code: HTTP status and message.
ERRORS: dict[int, tuple[int, str]] = {
    20003: (401, "Authenticate"),
    20404: (404, "The requested resource was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "Internal Server Error"),
    21211: (400, "Invalid 'To' Phone Number"),
    21212: (400, "Invalid From Number (caller ID)"),
    21408: (
        400,
        "Permission to send an SMS has not been enabled for the region indicated by the 'To' number",
    ),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number provided is not a valid message-capable Twilio phone number"),
    21609: (400, "Invalid 'StatusCallback' url"),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number is not currently reachable using the 'From' phone number via SMS"),
    21614: (400, "'To' number is not a valid mobile number"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit"),
    21910: (400, "Invalid 'From' and 'To' pair. 'From' and 'To' should be of the same channel"),
    90007: (400, "Validity period can only be set to integers between 1 and 36,000 seconds (10 hours max)"),
    63038: (429, "Account exceeded the daily messages limit"),
}


def error(code: int, headers: dict[str, str] | None = None) -> Response:
    """The error response with this code."""
    status, message = ERRORS[code]
    content = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return answer(content, status, headers)


def answer(content: dict[str, Any], status: int, headers: dict[str, str] | None = None) -> Response:
    """A JSON answer."""
    return Response(json.dumps(content), status, headers, "application/json")
