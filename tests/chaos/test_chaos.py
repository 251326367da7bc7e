"""Broker, worker, beat, database and receiver break in turn while tickets are posted: none is lost (`make chaos`)."""

import pytest

from tests.chaos.run import Report, run

DATABASE_FAULTS = {
    *("database crashes", "database freezes", "database is read only", "contacts are locked", "connections end"),
    "disk is full",
}
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def report() -> Report:
    return run(tickets=240, seconds=1.2, frozen=3, share=4)


def test_every_accepted_ticket_arrives(report: Report, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"\n{report.table()}")
    never_refused = [post for post in report.posts if post.fault not in DATABASE_FAULTS]
    assert len(report.accepted) >= len(never_refused) > 0
    assert report.lost == set()


def test_only_a_database_that_is_down_refuses_a_ticket_and_says_so_in_json(report: Report) -> None:
    refused = [post for post in report.posts if post.status != 201]
    assert {(post.status, post.is_json) for post in refused} <= {(503, True)}
    assert {post.fault for post in refused} <= DATABASE_FAULTS


def test_an_event_has_one_id_and_one_body_however_often_it_is_sent(report: Report) -> None:
    ids, bodies = (set(column) for column in zip(*report.arrivals, strict=True))
    assert len(bodies) == len(ids) == len(set(report.arrivals))


def test_while_nothing_fails_an_event_arrives_once_and_in_time_whatever_the_neighbours_do(report: Report) -> None:
    assert report.repeated == 0
    assert report.quiet_p95 < 5, "a starved one would wait for its neighbours' time limits, one after the other"


def test_postgresql_logs_no_deadlock(report: Report) -> None:
    assert report.deadlocks == 0
