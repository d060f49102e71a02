"""The exit codes of every command.

0: it is done, and all is well. 1: it could not be done; standard error says why. 2: wrong usage. 3: it was done, and what it looked at is not
well: a packet was refused, stopped or needs attention, or a check found a fault.
"""

import sys
from typing import NoReturn

FAILED = 1
NEEDS_ATTENTION = 3


def exit_needs_attention() -> NoReturn:
    """End the command: it was done, and what it looked at needs attention."""
    sys.exit(NEEDS_ATTENTION)
