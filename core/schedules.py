"""Schedules of Celery beat."""

from datetime import datetime

from celery.schedules import schedstate, schedule


class Every(schedule):
    """Due every so many seconds, even if the clock is set back, where Celery's own waits until it has caught up."""

    def is_due(self, last_run_at: datetime) -> schedstate:
        """Whether it is due, and the seconds until the next look."""
        if self.maybe_make_aware(last_run_at) > self.maybe_make_aware(self.now()):
            return schedstate(is_due=True, next=self.seconds)
        return super().is_due(last_run_at)
