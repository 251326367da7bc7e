"""`make chaos`: 3,000 tickets, faults of 20 s."""

from tests.chaos.run import run

TICKETS, SECONDS = 3_000, 20.0


def main() -> None:
    report = run(TICKETS, SECONDS, SECONDS)
    print(report.table())
    for name in report.untried:
        print(f"not tried here: {name} (it needs root, nginx or faketime)")
    torn = len(set(report.arrivals)) - len({message for message, _ in report.arrivals})
    print(f"{len(report.accepted)} of {len(report.posts)} tickets accepted, {len(report.lost)} of them lost")
    print(f"{report.replayed} had failed twice when all was well again and were replayed, not waited for")
    print(f"{torn} ids arrived with two bodies")
    print(f"while nothing failed {report.repeated} events arrived twice; p95 was {report.quiet_p95:.2f} s (wanted: 2)")
    print(f"{report.deadlocks} deadlocks in PostgreSQL's log")
    raise SystemExit(bool(report.lost or torn or report.repeated or report.deadlocks or report.quiet_p95 > 2))


if __name__ == "__main__":
    main()
