"""The service behind gunicorn, as the original's front end needs HTTP."""

import pytest

from tests.processes import Gunicorn


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """Clients need a server."""
    return gunicorn
