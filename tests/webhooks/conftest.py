"""The service behind gunicorn, so that no worker shares its process."""

import pytest

from tests.processes import Gunicorn


@pytest.fixture
def service(gunicorn: Gunicorn) -> Gunicorn:
    """As in production: no worker shares its process."""
    return gunicorn
