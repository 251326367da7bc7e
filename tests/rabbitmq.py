"""RabbitMQ (Debian's package) with data, node name and ports of its own."""

import contextlib
import random
import signal
import socket
import subprocess
from pathlib import Path

import amqp

from local.server import EmbeddedServer, end_with_parent
from tests.processes import wait_until

# The command behind the package's wrapper, which would switch to the system's user, data and cookie.
SERVER = Path("/usr/lib/rabbitmq/bin/rabbitmq-server")


class RabbitMQ(EmbeddedServer):
    """A broker with one node and an Erlang port mapper of its own (RabbitMQ would start one that outlives it)."""

    name = "rabbitmq"
    start_limit = 120.0  # seconds; it takes five of processor time

    def __init__(self, data_dir: Path) -> None:
        super().__init__(data_dir)
        self.port = free_low_port()
        self._mapper: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """`amqp://…` of the default virtual host."""
        return f"amqp://ticketloop:{self.password}@127.0.0.1:{self.port}//"

    def prepare(self) -> None:
        mapper_port, node_port = free_low_port(), free_low_port()
        self._configuration.touch(mode=0o600)
        self._configuration.write_text(
            f"listeners.tcp.1 = 127.0.0.1:{self.port}\ndefault_user = ticketloop\ndefault_pass = {self.password}\n"
            "log.console = true\nlog.file = false\n"
        )
        (self.data_dir / "plugins").write_text("[].")
        self._environment = {
            "HOME": str(self.data_dir),  # for the Erlang cookie
            "RUNNING_UNDER_SYSTEMD": "true",  # stays one process, which handles signals itself
            "ERL_CRASH_DUMP": str(self.data_dir / "crash.dump"),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "ERL_EPMD_PORT": str(mapper_port),
            "RABBITMQ_NODENAME": f"ticketloop{self.port}@localhost",
            "RABBITMQ_DIST_PORT": str(node_port),
            "RABBITMQ_CONFIG_FILE": str(self._configuration),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(self.data_dir / "plugins"),
            "RABBITMQ_MNESIA_BASE": str(self.data_dir / "mnesia"),
            "RABBITMQ_LOG_BASE": str(self.data_dir),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "-kernel inet_dist_use_interface {127,0,0,1}",
        }
        self._mapper = subprocess.Popen(
            [*end_with_parent(signal.SIGTERM), "epmd", "-address", "127.0.0.1", "-port", str(mapper_port)],
            start_new_session=True,
        )
        wait_until(lambda: _listens(mapper_port), what="the Erlang port mapper")

    def command(self) -> list[str]:
        variables = [f"{name}={value}" for name, value in self._environment.items()]
        return [*end_with_parent(signal.SIGTERM), "env", *variables, str(SERVER)]

    def answers(self) -> bool:
        try:
            with amqp.Connection(f"127.0.0.1:{self.port}", "ticketloop", self.password, connect_timeout=2):
                return True
        except (OSError, amqp.AMQPError):
            return False

    def signal(self, number: signal.Signals) -> None:
        """Sends a signal to the broker."""
        if self.process:
            self.process.send_signal(number)

    def kill(self) -> None:
        """Kills the broker (SIGKILL); `start` starts it again."""
        self.signal(signal.SIGKILL)
        self.stop()

    def stop(self) -> None:
        super().stop()
        mapper, self._mapper = self._mapper, None
        if mapper:
            mapper.terminate()
            mapper.wait()

    @property
    def _configuration(self) -> Path:
        return self.data_dir / "rabbitmq.conf"


def free_low_port() -> int:
    """A free port below the ephemeral range: nobody gets it in the seconds until RabbitMQ listens."""
    while True:
        port = random.randint(20_000, 32_000)
        with contextlib.suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


def _listens(port: int) -> bool:
    with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
        return True
    return False
