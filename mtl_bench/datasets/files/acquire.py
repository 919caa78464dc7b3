"""How data arrive: from a mirror, from the file's own sources in their order, or by hand; checked before they count."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtl_bench.datasets.files.mirrors import absent, mirrors
from mtl_bench.datasets.files.placed import (
    DataError,
    beside,
    checksum_of,
    data_root,
    need_room,
    one_line,
    place,
    placing,
    record_checksum,
)
from mtl_bench.datasets.files.transfer import RETRIES, RefusedError, Report, RetryPolicy, Transfer, download

MAGIC = {
    **{".gz": b"\x1f\x8b", ".tgz": b"\x1f\x8b", ".bz2": b"BZh", ".zip": b"PK", ".parquet": b"PAR1"},
    **{".mat": b"MATLAB", ".hdf5": b"\x89HDF"},
}
PAGES = (b"<!doctype", b"<html", b"<head", b"<?xml")


def announce(label: str, done: int, total: int | None) -> None:
    """The plain report: one line when a file is begun."""
    if not done:
        print(f"fetching {label}" + (f", {total:,} bytes" if total else ""), file=sys.stderr, flush=True)


def one_of(value: str, allowed: tuple[str, ...], owner: str, what: str) -> str:
    """`value` if it is allowed; otherwise a ValueError that says what exists."""
    if value not in allowed:
        raise ValueError(f"{owner} has no {what} {value!r}; it has {', '.join(allowed)}")
    return value


@dataclass(frozen=True)
class File:
    """A file as it is published, placed at `<data folder>/<data set>/<name>`.

    Any of `hashes` ("sha256:…" or "md5:…") makes it trusted: packagings of equal decoded content may differ in bytes.
    Without one it is unpinned and trusted by size, type and what is counted in it. `instead` lists other packagings.
    """

    name: str
    sources: tuple[str, ...] = ()  # URLs or local paths, in the order they are tried
    hashes: tuple[str, ...] = ()
    size: int | None = None  # bytes
    page: str = ""  # where a person finds it
    instead: tuple[File, ...] = ()

    def trust(self, source: str = "") -> str:
        """What bytes from `source` are checked against: "sha256", "md5" or, with no hash, "unpinned"."""
        kinds = {wanted.partition(":")[0] for wanted in self.hashes}
        kind = "sha256" if "sha256" in kinds else "md5" if kinds else "unpinned"
        return kind + (", plain http" if source.startswith("http://") else "")

    @property
    def most(self) -> int | None:
        """How many bytes are accepted: packagings of equal content may differ a little in size."""
        return self.size if self.size is None or len(self.hashes) < 2 else self.size + self.size // 10 + 1024

    def packagings(self) -> tuple[File, ...]:
        """This file and those that serve instead."""
        return (self, *self.instead)

    def files(self) -> tuple[File, ...]:
        """The files to fetch for this one: itself, packaged one way or another."""
        return self.packagings()

    def place(self, folder: str) -> Path:
        """Where it belongs."""
        return data_root() / folder / self.name

    def obtain(self, folder: str, report: Report = announce, retries: RetryPolicy = RETRIES) -> Path:
        """The checked file of the data set `folder`, fetched when it is not there; raises DataError."""
        for file in self.packagings():
            if checksum_of(file.place(folder)):
                return file.place(folder)
        with placing(self.place(folder)):
            for file in self.packagings():
                if file.place(folder).exists():
                    return file.accept(folder)
            reasons = []
            for file, source in self.offers(folder):
                try:
                    return file._fetch(source, folder, report, retries)
                except RefusedError as reason:
                    reasons.append(f"{source} {reason}")
        raise DataError(self._failure(folder, reasons))

    def accept(self, folder: str) -> Path:
        """What lies in its place, checked if it was put there by hand; raises DataError."""
        path = self.place(folder)
        if not checksum_of(path):
            try:
                self.check(path)
            except RefusedError as reason:
                raise DataError(f"{path} {reason}; replace or remove it") from reason
            record_checksum(path)
        return path

    def check(self, path: Path) -> None:
        """Raises RefusedError with the reason when `path` is not this file."""
        try:
            with path.open("rb") as file:
                head = file.read(512)
            self._check(path, head, path.stat().st_size)
        except OSError as error:
            raise RefusedError(f"cannot be read ({one_line(error.strerror)})") from error

    def _check(self, path: Path, head: bytes, size: int) -> None:
        if head.lstrip().lower().startswith(PAGES):
            raise RefusedError("is a web page where a file was expected (a quota, confirm or login page)")
        expected = f", {self.size:,} expected" if self.size else ""
        if self.most is not None and size > self.most:
            raise RefusedError(f"has {size:,} bytes{expected}")
        if self.hashes:
            if not any(_matches(path, wanted) for wanted in self.hashes):
                raise RefusedError(f"has another {self.trust()} ({size:,} bytes{expected})")
        elif size == 0 or self.size not in (None, size):
            raise RefusedError(f"has {size:,} bytes{expected}")
        elif not head.startswith(MAGIC.get(path.with_name(self.name).suffix, b"")):
            raise RefusedError(f"is not what its name {self.name} says")

    def offers(self, folder: str) -> Iterator[tuple[File, str]]:
        """Every way to get it: all packagings from each of the user's mirrors, then each file's own sources."""
        for mirror in mirrors():
            if mirror not in absent():
                yield from ((file, f"{mirror}/{folder}/{file.name}") for file in self.packagings())
        yield from ((file, source) for file in self.packagings() for source in file.sources)

    def _fetch(self, source: str, folder: str, report: Report, retries: RetryPolicy) -> Path:
        path, label = self.place(folder), f"{folder}/{self.name} ({self.trust(source)})"
        part = beside(path, ".part")
        resumed = part.exists()
        while True:
            if source.startswith(("http://", "https://")):
                download(Transfer(source, part, label, report, retries, self.most))
            else:
                _copy(Path(source), part, label, report, self.most)
            try:
                self.check(part)
                break
            except RefusedError:
                part.unlink()
                if not resumed:
                    raise
                resumed = False  # an earlier run may have left damaged bytes: start once more from nothing
        beside(part, ".json").unlink(missing_ok=True)
        place(part, path)
        return path

    def _failure(self, folder: str, reasons: list[str]) -> str:
        names = " or ".join(file.name for file in self.packagings())
        page = next((file.page for file in self.packagings() if file.page), "")
        reasons += [f"the mirror {one} is not there" for one in absent()]
        return (
            f"{folder}: {names} could not be fetched ({'; '.join(reasons) or 'it has no public source'}); "
            f"put it at {self.place(folder)} by hand{f' (open {page} in a browser)' if page else ''}, "
            f"or name in MTL_BENCH_MIRROR a folder or URL that holds {folder}/{self.name}, "
            "or run `mtl-bench data doctor` to see which sources answer"
        )


def _matches(path: Path, wanted: str) -> bool:
    kind, _, value = wanted.partition(":")
    with path.open("rb") as file:
        return hashlib.file_digest(file, kind).hexdigest() == value


def _copy(source: Path, part: Path, label: str, report: Report, most: int | None) -> None:
    if not source.is_file():
        raise RefusedError("is not there")
    size = source.stat().st_size
    if most is not None and size > most:
        raise RefusedError(f"has {size:,} bytes, {most:,} expected at most")
    try:
        source.open("rb").close()
    except OSError as error:
        raise RefusedError(f"cannot be read ({one_line(error.strerror)})") from error
    need_room(part, size)
    report(label, 0, size)
    beside(part, ".json").unlink(missing_ok=True)  # what follows is not what an earlier download began
    shutil.copyfile(source, part)
    report(label, size, size)
