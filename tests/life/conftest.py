"""The machines have a database of their own."""

import os

import pytest

from tests.conftest import Database, fresh_database


@pytest.fixture(scope="session")
def database(postgres: str) -> Database:
    """Their clock passes days, and what other tests have left half done would expire, against ledgers that were made by hand."""
    return fresh_database(postgres, f"life_{os.environ.get('PYTEST_XDIST_WORKER', 'gw0')}")
