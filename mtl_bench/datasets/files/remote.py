"""A file at an address, read in parts by HTTP Range: a few members of a large archive do not need the whole.

`zipfile` reads it like a file on the disk, and its checks of each member hold. (The packages remotezip and fsspec open
such archives too, upon requests and aiohttp, but neither tries again nor sees that a file changed meanwhile.)
"""

from __future__ import annotations

import io
import time
from typing import Any

from mtl_bench.datasets.files.placed import one_line
from mtl_bench.datasets.files.transfer import (
    AGAIN,
    HEADERS,
    RETRIES,
    BrokenError,
    RefusedError,
    RetryPolicy,
    _status,
    _total,
    _validator,
)

AHEAD = 2**16  # bytes that a small read asks for at least


class NoPartsError(RefusedError):
    """A source that gives a file as a whole only."""


class RemoteFile(io.RawIOBase):
    """The file at `url`, for reading. Raises NoPartsError, or RefusedError for other reasons, in every method."""

    def __init__(self, url: str, retries: RetryPolicy = RETRIES) -> None:
        import httpx2

        self.url, self.retries = url, retries
        timeout = httpx2.Timeout(retries.read, connect=retries.connect)
        self.client = httpx2.Client(headers=HEADERS, timeout=timeout, follow_redirects=True)
        self.position, self.size = 0, 0
        self.validator: str | None = None
        self.first, self.content = 0, b""  # what was read last, or ahead
        self.part(0, 1)

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        self.position = offset + (0, self.position, self.size)[whence]
        return self.position

    def tell(self) -> int:
        return self.position

    def readinto(self, buffer: Any) -> int:
        start, end = self.position, min(self.position + len(buffer), self.size)
        if start >= end:
            return 0
        if not self.first <= start <= end <= self.first + len(self.content):
            from_ = max(0, min(start, self.size - AHEAD))  # the end of an archive is read backwards
            self.hold(from_, self.part(from_, min(max(end, from_ + AHEAD), self.size)))
        buffer[: end - start] = self.content[start - self.first : end - self.first]
        self.position = end
        return end - start

    def hold(self, first: int, content: bytes) -> None:
        """Have the bytes from `first` on ready for what reads them next."""
        self.first, self.content = first, content

    def part(self, start: int, end: int) -> bytes:
        """The bytes from `start` to before `end`; may be called by several threads."""
        idle = 0
        while True:
            try:
                return self._attempt(start, end)
            except BrokenError as broken:
                idle += 1
                if idle >= self.retries.attempts:
                    raise RefusedError(f"{broken}, {idle} times in a row") from broken
                time.sleep(self.retries.pause * 2**idle)

    def close(self) -> None:
        if not self.closed:
            self.client.close()
        super().close()

    def _attempt(self, start: int, end: int) -> bytes:
        import httpx2

        try:
            with self.client.stream("GET", self.url, headers={"Range": f"bytes={start}-{end - 1}"}) as response:
                self._check(response, start)
                return self._receive(response, end - start)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            reason = f"does not answer ({one_line(error) or 'no connection in time'})"
            raise (BrokenError if self.size else RefusedError)(reason) from error
        except httpx2.TransportError as error:
            raise BrokenError(f"stopped ({one_line(error) or 'silence'})") from error
        except (httpx2.RequestError, httpx2.InvalidURL) as error:
            raise RefusedError(f"cannot be asked ({one_line(error)})") from error

    def _check(self, response: Any, start: int) -> None:
        total = _total(response)
        if response.status_code == 200 or (response.status_code == 206 and total is None):
            raise NoPartsError("gives files as a whole only (it takes no Range)")
        if response.status_code != 206:
            reason = f"answered {_status(response)}"
            raise BrokenError(reason) if response.status_code in AGAIN else RefusedError(reason)
        if not response.headers.get("Content-Range", "").startswith(f"bytes {start}-"):
            raise RefusedError("gives other parts of the file than it is asked for")
        found = total or 0, _validator(response)
        if not self.size:
            self.size, self.validator = found
        elif found != (self.size, self.validator):
            raise RefusedError("changed while it was read")

    def _receive(self, response: Any, length: int) -> bytes:
        since, content = time.monotonic(), bytearray()
        for chunk in response.iter_raw():
            content += chunk
            elapsed = time.monotonic() - since
            if elapsed > self.retries.window and len(content) < self.retries.slowest * elapsed:
                raise RefusedError(f"is too slow (under {self.retries.slowest:,.0f} bytes a second)")
            if len(content) > length:
                raise RefusedError("gives more than it is asked for")
        if len(content) < length:
            raise BrokenError("ended too early")
        return bytes(content)
