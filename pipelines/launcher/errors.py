"""What can go wrong while the system starts or runs; each sentence names the process and its log."""

from pipelines.errors import PacketboatError


class LaunchFailed(PacketboatError):
    """A process did not start, did not answer in time, or died more often than is bearable."""


class AlreadyRunning(PacketboatError):
    """Another launcher holds this home."""
