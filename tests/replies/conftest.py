from tests.fixtures_sandbox import raw_server, receiver, sandbox

__all__ = ["raw_server", "receiver", "sandbox"]
