"""A server that lets the client log in and then answers every other request with what the test says."""

from __future__ import annotations

import ssl
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import urlsplit

from xnat_gate.core.archive import ArchiveError
from xnat_gate.edge.xnat import Account
from xnat_gate.edge.xnat.connection import Connection


class Misbehaving:
    """`known_as`: the address the client is given, for a server that plays a proxy."""

    def __init__(
        self,
        status: int = 200,
        body: bytes = b"",
        content_type: str = "text/html",
        cut: bool = False,
        context: ssl.SSLContext | None = None,
        known_as: str = "",
        ca_bundle: str | None = None,
    ) -> None:
        answer = (status, body, content_type, cut)
        self.context, self.known_as, self.ca_bundle = context, known_as, ca_bundle
        self.asked: list[str] = []

        class Face(BaseHTTPRequestHandler):
            asked = self.asked

            def reply(self) -> None:
                path = urlsplit(self.path).path or "/"
                length = int(self.headers.get("Content-Length") or 0)
                self.rfile.read(length)
                if path in ("/", "/data/services/auth", "/data/auth", "/data/JSESSION"):
                    text = b"User 'u' is logged in" if path == "/data/auth" else b"0123456789ABCDEF"
                    return self.send(200, text, "text/plain", False)
                self.asked.append(f"{self.command} {path}")
                return self.send(*answer)

            def send(self, status: int, body: bytes, content_type: str, cut: bool) -> None:
                self.send_response(status)
                self.send_header("Content-Type", content_type)
                self.send_header("Content-Length", str(len(body) + (1000 if cut else 0)))
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = True

            do_GET = do_PUT = do_POST = do_DELETE = reply

            def log_message(self, *_: object) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Face)
        if context is not None:
            self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.01})

    def __enter__(self) -> Connection:
        self.thread.start()
        host = self.known_as or f"{'https' if self.context else 'http'}://localhost:{self.server.server_port}"
        account = Account(host=host, user="u", password="p", ca_bundle=self.ca_bundle)
        try:
            self.connection = Connection(account)
        except ArchiveError:
            self._end()
            raise
        return self.connection

    def __exit__(self, *_: object) -> None:
        self.connection.close()
        self._end()

    def _end(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
