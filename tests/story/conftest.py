"""The tour is taken on the whole service."""

import pytest

from tests.processes import Gunicorn


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """As its operator runs it."""
    return gunicorn
