"""Programs of Debian packages, which a machine that runs the tests may lack."""

import os
import shutil
from collections import Counter

import pytest


def find_program(name: str, package: str, *others: str) -> str:
    """The path of the program, or of the first of the others. Skips the test if there is none; in CI, fails it."""
    path = f"{os.environ['PATH']}:/usr/sbin"
    found = next(filter(None, (shutil.which(each, path=path) for each in (name, *others))), None)
    if found:
        return found
    message = f"{name} is not installed (Debian: apt-get install {package})"
    if os.environ.get("CI"):
        pytest.fail(message)
    pytest.skip(message)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Prints the number of skipped tests, a line per reason."""
    reports = terminalreporter.getreports("skipped")
    reasons = Counter(str(report.longrepr[2]).removeprefix("Skipped: ") for report in reports)
    for reason, count in sorted(reasons.items()):
        terminalreporter.write_line(f"skipped {count} {'test' if count == 1 else 'tests'}: {reason}", yellow=True)
