"""One file over HTTP into `<name>.part`: resumed, retried, and given up with a reason."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mtl_bench.datasets.files.placed import beside, need_room, one_line

Report = Callable[[str, int, int | None], None]  # what is fetched, bytes so far, bytes in all where known
HEADERS = {"Accept-Encoding": "identity", "User-Agent": "mtl-bench"}
AGAIN = (408, 425, 429, 500, 502, 503, 504)  # answers that a later attempt may improve


class RefusedError(Exception):
    """A source that cannot give the file; the message is the reason."""


class BrokenError(Exception):
    """A transfer that stopped; another attempt may go on."""


@dataclass(frozen=True)
class RetryPolicy:
    """How long a source is waited for, in seconds and bytes per second."""

    connect: float = 5.0
    read: float = 30.0
    attempts: int = 4  # in a row without a new byte
    pause: float = 1.0  # doubled after each of these
    slowest: float = 1_000.0
    window: float = 30.0  # over which the rate is measured


RETRIES = RetryPolicy()


@dataclass(frozen=True)
class Transfer:
    """What is brought from where to where."""

    url: str
    part: Path
    label: str
    report: Report
    retries: RetryPolicy = RETRIES
    most: int | None = None  # bytes that are accepted


def download(transfer: Transfer) -> None:
    """Leave the whole file at `part`, going on from what an earlier call left there.

    Raises RefusedError when the source cannot give it or gives more than `most` bytes, DataError when the disk has no
    room for it.
    """
    part, retries = transfer.part, transfer.retries
    idle, best = 0, _size(part)
    while True:
        try:
            return _attempt(transfer)
        except BrokenError as broken:
            idle = 0 if _size(part) > best else idle + 1
            best = max(best, _size(part))
            if idle >= retries.attempts:
                raise RefusedError(f"{broken}, {idle} times in a row") from broken
            time.sleep(retries.pause * 2**idle)


def answer(url: str, retries: RetryPolicy = RETRIES) -> str:
    """What a source says when it is asked for the file without its content: that it answers, or why it is no use."""
    import httpx2

    timeout = httpx2.Timeout(retries.read, connect=retries.connect)
    try:
        for method in ("HEAD", "GET"):  # some hosts refuse HEAD
            with httpx2.stream(method, url, headers=HEADERS, timeout=timeout, follow_redirects=True) as response:
                if response.status_code not in (403, 405, 501):
                    break
        if response.status_code != 200:
            return f"answers {_status(response)}"
        page = "text/html" in response.headers.get("Content-Type", "")
        size = one_line(response.headers.get("Content-Length", "?"))
        return "answers with a web page" if page else f"answers, {size} bytes"
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        return f"does not answer ({one_line(error) or 'silence'})"


def _attempt(transfer: Transfer) -> None:
    import httpx2

    url, part, retries = transfer.url, transfer.part, transfer.retries
    offset, headers = _resumption(url, part)
    timeout = httpx2.Timeout(retries.read, connect=retries.connect)
    try:
        with httpx2.stream("GET", url, headers=headers, timeout=timeout, follow_redirects=True) as response:
            if response.status_code == 416 and _total(response) == offset:
                return  # the last run was stopped between the last byte and the check
            if response.status_code == 416 or not _continues(response, offset, headers):
                part.unlink(missing_ok=True)
                raise BrokenError("the file changed while it was fetched")
            if response.status_code not in (200, 206):
                reason = f"answered {_status(response)}"
                raise BrokenError(reason) if response.status_code in AGAIN else RefusedError(reason)
            _receive(response, transfer, offset if response.status_code == 206 else 0)
    except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
        reason = f"does not answer ({one_line(error) or 'no connection in time'})"
        raise (BrokenError if offset else RefusedError)(reason) from error
    except httpx2.TransportError as error:
        raise BrokenError(f"stopped ({one_line(error) or 'silence'})") from error
    except (httpx2.RequestError, httpx2.InvalidURL) as error:
        raise RefusedError(f"cannot be asked ({one_line(error)})") from error


def _receive(response: Any, transfer: Transfer, offset: int) -> None:
    part, label, retries = transfer.part, transfer.label, transfer.retries
    if not offset:
        part.unlink(missing_ok=True)  # before the note: a kill must not leave other bytes under it
    begun = {"url": transfer.url, "validator": _validator(response)}
    beside(part, ".json").write_text(json.dumps(begun), encoding="utf-8")
    announced = response.headers.get("Content-Length", "")
    total = int(announced) + offset if announced.isdecimal() else None
    need_room(part, min(total or 0, transfer.most or total or 0) - offset)
    done, since, counted = offset, time.monotonic(), offset
    transfer.report(label, done, total)
    with part.open("ab" if offset else "wb") as file:
        for chunk in response.iter_raw():
            file.write(chunk)
            done += len(chunk)
            if transfer.most is not None and done > transfer.most:
                break
            transfer.report(label, done, total)
            elapsed = time.monotonic() - since
            if elapsed > retries.window:
                if done - counted < retries.slowest * elapsed:
                    raise RefusedError(f"is too slow (under {retries.slowest:,.0f} bytes a second)")
                since, counted = time.monotonic(), done
    if transfer.most is not None and done > transfer.most:
        part.unlink()
        raise RefusedError(f"gives more than the {transfer.most:,} bytes that the file has")


def _resumption(url: str, part: Path) -> tuple[int, dict[str, str]]:
    """Where to go on, and the request headers for it: only the same source may continue what it began."""
    try:
        begun = json.loads(beside(part, ".json").read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):  # nothing was begun, or it was killed while it noted what
        return 0, HEADERS
    validator = begun.get("validator") if isinstance(begun, dict) and begun.get("url") == url else None
    if not isinstance(validator, str) or not validator.isprintable() or not validator.isascii() or not _size(part):
        return 0, HEADERS
    return _size(part), {**HEADERS, "Range": f"bytes={_size(part)}-", "If-Range": validator}


def _status(response: Any) -> str:
    return one_line(f"{response.status_code} {response.reason_phrase}")


def _validator(response: Any) -> str | None:
    tag = response.headers.get("ETag", "")
    weak = not tag or tag.startswith("W/")  # which does not promise equal bytes
    return response.headers.get("Last-Modified") if weak else str(tag)


def _continues(response: Any, offset: int, headers: dict[str, str]) -> bool:
    """Whether a 206 really starts at `offset` of the file that was begun; servers may ignore If-Range."""
    if response.status_code != 206:
        return True
    same = _validator(response) in (None, headers.get("If-Range"))
    return same and response.headers.get("Content-Range", "").startswith(f"bytes {offset}-")


def _total(response: Any) -> int | None:
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    return int(total) if total.isdigit() else None


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
