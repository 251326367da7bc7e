"""Deliveries begin at a served request."""

import pytest

from tests.processes import Gunicorn


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """As in production: no worker shares its process."""
    return gunicorn
