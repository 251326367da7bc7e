"""Programs from Debian's packages, which not every machine has that runs the tests."""

import os
import shutil
from collections import Counter

import pytest


def program(name: str, package: str, *others: str) -> str:
    """Where the program is, or the first of the others. Without it the test that asks is skipped, but not in CI."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    found = next(filter(None, (shutil.which(each, path=path) for each in (name, *others))), None)
    if found:
        return found
    message = f"{name} is not installed (Debian: apt-get install {package})"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Says how many tests were skipped, a line for each reason."""
    reports = terminalreporter.getreports("skipped")
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {count} {'test' if count == 1 else 'tests'}: {reason}", yellow=True)
