"""The server of the live page: on loopback alone, it answers GET and HEAD of a few paths."""

import gzip
import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import TCPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from lr_atlas.tools.watch.live_view import Sight
from lr_atlas.tools.watch.study_files import study_file

LOOPBACK = "127.0.0.1"
_HTML, _JSON, _TEXT = ("text/html; charset=utf-8", "application/json", "text/plain; charset=utf-8")
#: As the page of a study has it, and to ask this server for the state.
_POLICY = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; "
    "script-src 'unsafe-inline' 'unsafe-eval'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-cache",
}
#: Shorter answers are not worth packing.
_PACKED_FROM = 2_000


@dataclass(frozen=True)
class Answer:
    """Hold what is sent back."""

    status: HTTPStatus
    kind: str
    content: bytes


class LiveServer(ThreadingHTTPServer):
    """Serves a page and the latest sight of what it shows."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, port: int, page: bytes, sight: Callable[[], Sight], studies: Path) -> None:
        """Listen on a port of loopback; 0 for any that is free. Raises OSError.

        page: HTML. sight: returns what was seen last. studies: the folder results/studies.
        """
        self.page, self.sight, self.studies = page, sight, studies
        super().__init__((LOOPBACK, port), _Handler)

    def server_bind(self) -> None:
        """Bind without asking for the name of this machine, which may take seconds."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = self.server_address[:2]  # type: ignore[assignment]

    @property
    def address(self) -> str:
        """Return the address of the page."""
        return f"http://{LOOPBACK}:{self.server_port}/"

    @property
    def own_names(self) -> set[str]:
        """Return the names by which a browser on this machine may have asked for it."""
        names = [f"{host}:{self.server_port}" for host in (LOOPBACK, "localhost", "[::1]")]
        return {*names, LOOPBACK, "localhost"} if self.server_port == 80 else {*names}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing where a browser has left before its answer."""

    def answer(self, target: str) -> Answer:
        """Return the answer to a request for a path, maybe with a query."""
        parts = urlsplit(target)
        if parts.path == "/":
            return Answer(HTTPStatus.OK, _HTML, self.page)
        if parts.path == "/state.json":
            sight = self.sight()
            state = sight.since(_number(parts.query, str(sight.state["view"])))
            text = json.dumps(state, separators=(",", ":"), allow_nan=False)
            return Answer(HTTPStatus.OK, _JSON, text.encode())
        if parts.path.startswith("/page/"):
            names = [unquote(part) for part in parts.path.split("/")[2:]]
            found = study_file(self.studies, names)
            if found:
                return Answer(HTTPStatus.OK, found[1], found[0])
        return Answer(HTTPStatus.NOT_FOUND, _TEXT, b"There is nothing here.\n")


class _Handler(BaseHTTPRequestHandler):
    server: LiveServer
    timeout = 20
    server_version, sys_version = "lr-atlas", ""

    def do_GET(self) -> None:
        # A page elsewhere may have its own name point to this machine, and is refused by it.
        if self.headers.get("Host", "").lower() not in self.server.own_names:
            self._send(Answer(HTTPStatus.FORBIDDEN, _TEXT, b"Ask for 127.0.0.1 or localhost.\n"))
            return
        self._send(self.server.answer(self.path))

    def do_HEAD(self) -> None:
        self.do_GET()

    def refuse(self) -> None:
        """Answer a request by a method that could change something."""
        self._send(Answer(HTTPStatus.METHOD_NOT_ALLOWED, _TEXT, b"This only shows.\n"))

    def _send(self, answer: Answer) -> None:
        tag = f'"{hashlib.sha256(answer.content).hexdigest()[:24]}"'
        if answer.status == HTTPStatus.OK and self.headers.get("If-None-Match") == tag:
            answer = Answer(HTTPStatus.NOT_MODIFIED, answer.kind, b"")
        content = answer.content
        packs = "gzip" in self.headers.get("Accept-Encoding", "") and len(content) > _PACKED_FROM
        content = gzip.compress(content, 1, mtime=0) if packs else content
        self.send_response(answer.status)
        for name, value in {
            **_HEADERS,
            **({"Content-Encoding": "gzip"} if packs else {}),
            **({"Allow": "GET, HEAD"} if answer.status == HTTPStatus.METHOD_NOT_ALLOWED else {}),
            "ETag": tag,
            "Content-Type": answer.kind,
            "Content-Length": str(len(content)),
        }.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Write nothing: a request every two seconds is nothing to tell."""


for _method in ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"):
    setattr(_Handler, f"do_{_method}", _Handler.refuse)


def _number(query: str, view: str) -> int:
    """Return which look the page has seen last, by `?since=<view>.<number>`; 0 where none."""
    (given, *_) = [*parse_qs(query).get("since", []), ""]
    name, _, number = given.partition(".")
    return int(number) if name == view and number.isdecimal() and len(number) < 16 else 0
