"""What beat does every few seconds does not depend on a clock that only goes forward."""

from datetime import UTC, datetime, timedelta

import pytest

from core.schedules import Every


@pytest.mark.parametrize(("ago", "due"), [(0.5, False), (1.5, True), (86_400, True), (-3600, True)])
def test_it_is_due_after_its_time_and_after_the_clock_was_set_back(ago: float, due: bool) -> None:
    found = Every(1.0).is_due(datetime.now(UTC) - timedelta(seconds=ago))
    assert found.is_due == due
    assert 0 < found.next <= 1
