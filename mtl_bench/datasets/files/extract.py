"""Folders made from archives, or put there by hand: checked before they count."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.placed import (
    DataError,
    beside,
    checksum_of,
    content_of,
    data_root,
    digest_of,
    most_unpacked,
    place,
    placing,
    record_checksum,
)
from mtl_bench.datasets.files.transfer import RETRIES, Report, RetryPolicy
from mtl_bench.datasets.files.unpack import Bounds, unpack


@dataclass(frozen=True)
class Tree:
    """A folder of unpacked files, placed at `<data folder>/<data set>/<name>`; it may be put there by hand too."""

    name: str
    archive: File
    keep: str  # which members, as a pattern on their path; the paths are kept
    count: int  # files
    sha256: str | None = None  # of the sorted listing in sha256sum's format
    inner: str = ""  # the archive inside the archive that holds them
    largest: int | None = None  # bytes of all members together; by default 50 times the archive's, 64 MiB at least

    def files(self) -> tuple[File, ...]:
        """The files to fetch for this folder."""
        return self.archive.packagings()

    def offers(self, folder: str) -> Iterator[tuple[File, str]]:
        """Every way to get its archive."""
        return self.archive.offers(folder)

    def place(self, folder: str) -> Path:
        """Where it belongs."""
        return data_root() / folder / self.name

    def obtain(self, folder: str, report: Report = announce, retries: RetryPolicy = RETRIES) -> Path:
        """The checked folder, unpacked from its archive when it is not there; raises DataError."""
        path = self.place(folder)
        if checksum_of(path):
            return path
        with placing(path):
            if path.exists():
                return self.accept(folder)
            archive = self.archive.obtain(folder, report, retries)
            part = beside(path, ".part")
            shutil.rmtree(part, ignore_errors=True)
            try:
                unpack(archive, part, self.keep, self.bounds(archive), self.inner)
                self.check(part, f"{archive}, unpacked,")
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            place(part, path)
        return path

    def bounds(self, archive: Path) -> Bounds:
        """What may come out of its archive."""
        return Bounds(self.largest or most_unpacked(archive), 2 * self.count + 1000)

    def accept(self, folder: str) -> Path:
        """What lies in its place, checked if it was put there by hand; raises DataError."""
        path = self.place(folder)
        if not checksum_of(path):
            self.check(path, str(path))
            record_checksum(path)
        return path

    def check(self, path: Path, subject: str) -> None:
        """Raises DataError when the folder has other files than expected."""
        count = len(content_of(path))
        if count != self.count:
            raise DataError(f"{subject} holds {count:,} files where {self.count:,} were expected; remove it")
        if self.sha256 and digest_of(path) != self.sha256:
            raise DataError(f"{subject} holds {count:,} files, but other content than expected; remove it")
