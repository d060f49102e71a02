"""Errors while the system starts or runs; each message names the process and its log."""

from pipelines.errors import PacketboatError


class LaunchFailed(PacketboatError):
    """A process did not start, did not answer in time, or died too often."""


class AlreadyRunning(PacketboatError):
    """Another launcher holds this home."""
