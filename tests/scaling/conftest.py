"""The service behind gunicorn."""

import pytest

from tests.processes import Gunicorn


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """Clients need a server."""
    return gunicorn
