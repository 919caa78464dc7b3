"""A real HTTP server with ranges and validators, and with the faults that real ones have."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Served:
    """What one path gives. Faults in lists happen once each, in order, to successive requests."""

    content: bytes = b""
    etag: str | None = '"one"'
    ranges: bool = True
    believes_if_range: bool = True
    tells_total: bool = True
    statuses: list[int] = field(default_factory=list)  # answered instead of the content
    cuts: list[int] = field(default_factory=list)  # bytes after which the connection is closed
    announced: int | None = None  # a Content-Length that lies
    kind: str = "application/octet-stream"
    phrase: str | None = None  # the words beside a status
    redirect: str = ""
    chunk: int = 1 << 16
    pause: float = 0.0  # seconds after each chunk


@dataclass
class Request:
    method: str
    path: str
    range: str | None
    sent: int = 0  # bytes of content


class Server:
    def __init__(self, port: int) -> None:
        self.url = f"http://127.0.0.1:{port}"
        self.served: dict[str, Served] = {}
        self.requests: list[Request] = []

    def gets(self, path: str) -> list[Request]:
        return [r for r in self.requests if r.path == path and r.method == "GET"]


@contextmanager
def serving() -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_HEAD(self) -> None:
            self.answer(Request("HEAD", self.path, None))

        def do_GET(self) -> None:
            self.answer(Request("GET", self.path, self.headers.get("Range")))

        def answer(self, request: Request) -> None:
            server.requests.append(request)
            served = server.served.get(self.path)
            if served is None:
                self.head(404)
            elif served.redirect:
                self.head(302, Location=served.redirect)
            elif served.statuses:
                self.head(served.statuses.pop(0), phrase=served.phrase)
            else:
                self.content(served, request)

        def head(self, status: int, length: int = 0, phrase: str | None = None, **headers: str) -> None:
            self.send_response(status, phrase)
            self.send_header("Content-Length", str(length))
            for name, value in headers.items():
                self.send_header(name.replace("_", "-"), value)
            self.end_headers()

        def content(self, served: Served, request: Request) -> None:
            start, end, total = 0, len(served.content), len(served.content)
            validator = {"ETag": served.etag} if served.etag else {}
            same = self.headers.get("If-Range") in (None, served.etag) or not served.believes_if_range
            if request.range and served.ranges and same:
                first, _, last = request.range.removeprefix("bytes=").partition("-")
                start, end = int(first), min(int(last) + 1, total) if last else total
                if start >= total:
                    return self.head(416, Content_Range=f"bytes */{total if served.tells_total else '*'}")
                self.send_response(206)
                self.send_header("Content-Range", f"bytes {start}-{end - 1}/{total if served.tells_total else '*'}")
            else:
                self.send_response(200)
            self.send_header("Content-Length", str((served.announced or end) - start))
            self.send_header("Content-Type", served.kind)
            for name, value in validator.items():
                self.send_header(name, value)
            self.end_headers()
            if request.method == "GET":
                self.send(served, request, start, end)
            return None

        def send(self, served: Served, request: Request, start: int, wanted: int) -> None:
            end = min(start + served.cuts.pop(0), wanted) if served.cuts else wanted
            for at in range(start, end, served.chunk):
                chunk = served.content[at : min(at + served.chunk, end)]
                try:
                    self.wfile.write(chunk)
                except OSError:  # the client went away
                    break
                request.sent += len(chunk)
                if served.pause:
                    time.sleep(served.pause)
            if end < wanted or served.announced:
                self.close_connection = True

        def handle_one_request(self) -> None:
            try:
                super().handle_one_request()
            except ConnectionError:  # the client went away
                self.close_connection = True

        def log_message(self, format: str, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    http.daemon_threads, http.block_on_close = True, False
    server = Server(http.server_port)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
