"""`python -m pipelines.cli`, the same as `packetboat`."""

from pipelines.cli import main

main()
