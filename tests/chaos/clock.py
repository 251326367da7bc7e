"""A PostgreSQL whose clock can be set (Debian's package `faketime`)."""

from pathlib import Path

from local.postgres import EmbeddedPostgres

LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)


class PostgresWithClock(EmbeddedPostgres):
    """An embedded PostgreSQL; `set_clock` sets its clock within two seconds, if the package is installed."""

    def set_clock(self, seconds: int) -> None:
        """Sets the clock so many seconds before or after the machine's."""
        self._offset.write_text(f"{seconds:+d}\n")

    def prepare(self) -> None:
        super().prepare()
        self.set_clock(0)

    def command(self) -> list[str]:
        command = super().command()
        if LIBRARY is None:
            return command
        self.data_dir.parent.chmod(0o711)  # so that PostgreSQL's user reaches the offset
        faked = {"LD_PRELOAD": LIBRARY, "FAKETIME_TIMESTAMP_FILE": self._offset, "FAKETIME_CACHE_DURATION": 1}
        variables = [f"{name}={value}" for name, value in {**faked, "FAKETIME_DONT_FAKE_MONOTONIC": 1}.items()]
        # After the change of user: what the library shares between processes belongs to the first of them.
        program = next(number for number, part in enumerate(command) if part.endswith("/postgres"))
        return [*command[:program], "env", *variables, *command[program:]]

    @property
    def _offset(self) -> Path:
        return self.data_dir.parent / "clock-offset"
