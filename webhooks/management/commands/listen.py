"""`manage.py listen`: a test receiver that prints and verifies webhooks and misbehaves on demand."""

import json
import time
from argparse import ArgumentParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from django.core.management.base import BaseCommand, CommandError, OutputWrapper
from django.db import connection
from standardwebhooks import Webhook

from webhooks.encryption import DecryptionError
from webhooks.models import Receiver

DRIP = 1.0  # seconds between two bytes
MAX_BODY = 2 * 1024 * 1024  # bytes


class Command(BaseCommand):
    help = "Receives webhooks on this machine: prints each, verifies its signature, answers 200 or as the options say."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--port", type=int, default=9000, help="on 127.0.0.1 (default: 9000)")
        parser.add_argument(
            "--secret", help="whsec_…; default: that of the receiver with this URL, looked up each time"
        )
        parser.add_argument(
            "--status", type=int, default=200, help="of the response, such as 500 or 410 (default: 200)"
        )
        parser.add_argument("--retry-after", help="Retry-After header of the response")
        parser.add_argument(
            "--first", type=int, help="misbehave for the first N requests, then answer 200", metavar="N"
        )
        misbehaviour = parser.add_mutually_exclusive_group()
        misbehaviour.add_argument("--hang", action="store_true", help="accept requests and never answer")
        misbehaviour.add_argument("--drip", action="store_true", help="answer one byte per second")

    def handle(self, *args: Any, port: int, **options: Any) -> None:
        try:
            server = Listener(("127.0.0.1", port), Handler)
        except (OSError, OverflowError) as error:
            raise CommandError(f"cannot listen on --port {port}: {error}") from None
        server.options, server.out = options, self.stdout
        server.say(f"listening on http://127.0.0.1:{server.server_port}/ (Ctrl-C stops it)")
        try:
            server.serve_forever(0.1)
        except KeyboardInterrupt:
            self.stdout.write("")
        finally:
            server.server_close()


class Listener(ThreadingHTTPServer):
    """The server; counts requests."""

    daemon_threads = True
    request_queue_size = 128
    options: dict[str, Any]
    out: OutputWrapper
    seen = 0

    def say(self, text: str) -> None:
        """Prints without buffering, also into a pipe or a file."""
        self.out.write(text)
        self.out.flush()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A sender that closes the connection is expected with `--hang` and `--drip`."""
        self.say("  the sender hung up")


class Handler(BaseHTTPRequestHandler):
    """One connection."""

    protocol_version = "HTTP/1.1"
    server: Listener

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), MAX_BODY))
        self.server.seen += 1
        self.server.say(self.describe(body))
        options = self.server.options
        misbehave = options["first"] is None or self.server.seen <= options["first"]
        if misbehave and options["hang"]:
            self.server.say("  hanging")
            self.rfile.read(1)  # blocks until the sender closes the connection
            self.server.say("  the sender hung up")
            self.close_connection = True
        else:
            self.answer(options["status"] if misbehave else 200, misbehave and options["drip"])

    def describe(self, body: bytes) -> str:
        """The webhook in two lines: event, id and verdict; body."""
        headers = self.headers
        try:
            shown = json.dumps(json.loads(body), ensure_ascii=False)
        except ValueError:
            shown = repr(body[:200])
        return f"{headers.get('Ticketloop-Event')} {headers.get('webhook-id')}: {self.verdict(body)}\n  {shown}"

    def verdict(self, body: bytes) -> str:
        """Whether the signature is valid."""
        try:
            secrets = [self.server.options["secret"]] if self.server.options["secret"] else self.known_secrets()
        except DecryptionError as error:
            return str(error)
        if not secrets:
            return "no --secret, and no receiver has this URL, so the signature was not checked"
        for secret in secrets:
            try:
                Webhook(secret).verify(body, dict(self.headers.items()))
            except Exception as error:
                reason = str(error)
            else:
                return "signature verified"
        return f"SIGNATURE NOT VERIFIED ({reason})"

    def known_secrets(self) -> list[str]:
        """Current secrets of the receivers with this URL."""
        here = {f"http://{host}:{self.server.server_port}{self.path}" for host in ("127.0.0.1", "localhost")}
        try:
            return [each.secret for each in Receiver.objects.filter(url__in=here)]
        finally:
            connection.close()  # one per thread, and each connection of a sender has a thread

    def answer(self, status: int, drip: bool) -> None:
        """Sends the response, whole or one byte per second."""
        lines = [f"HTTP/1.1 {status} Test", "Content-Length: 3"]
        if self.server.options["retry_after"]:
            lines.append(f"Retry-After: {self.server.options['retry_after']}")
        text = "\r\n".join([*lines, "", "ok\n"]).encode()
        for part in (text[i : i + 1] for i in range(len(text))) if drip else (text,):
            self.wfile.write(part)
            self.wfile.flush()
            if drip:
                time.sleep(DRIP)
        self.server.say(f"  answered {status}")

    def log_message(self, *args: object) -> None:
        """Nothing: `describe` prints the request."""
