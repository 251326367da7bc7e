"""Servers from Debian's packages, which not every machine has that runs the tests."""

import os
import shutil

import pytest


def program(name: str, package: str) -> str:
    """Where the program is. Without it the test that asks is skipped, but not in CI."""
    found = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    if found:
        return found
    message = f"{name} is not installed (Debian: apt-get install {package}): the service is not tested with it"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)
