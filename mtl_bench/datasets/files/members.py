"""Some members of a large zip archive as a folder: taken from the archive where it lies, or fetched one by one."""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mtl_bench.datasets.files.acquire import announce
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.mirrors import ADDRESSES
from mtl_bench.datasets.files.placed import (
    CLOSED,
    FULL,
    DataError,
    beside,
    checksum_of,
    content_of,
    need_room,
    one_line,
    place,
    placing,
    record_checksum,
)
from mtl_bench.datasets.files.remote import NoPartsError, RemoteFile
from mtl_bench.datasets.files.transfer import RETRIES, RefusedError, Report, RetryPolicy

GAP = 2**15  # bytes between two members that are fetched along rather than asked around
SPAN = 2**22  # bytes that are asked for at once
HEADER = 2**17 + 30  # bytes that a member has before its content at most
CONNECTIONS = 8


# Puts the named files below a folder, tells of it under a label, and raises RefusedError where it can't.
Way = Callable[[Sequence[str], Path, str, Report, RetryPolicy], None]


@dataclass(frozen=True)
class Members(Tree):
    """A folder of some members of a zip, placed at `<data folder>/<data set>/<name>`, their paths kept.

    A subclass says which in `wanted`; `count` is how many they are at most. The folder may be put there by hand. What a
    stopped run left is kept: it is compared with the archive's directory, and not fetched again.
    """

    about: int = 0  # bytes of the members together; twice as many are refused

    def wanted(self, report: Report = announce, retries: RetryPolicy = RETRIES) -> Sequence[str]:
        """Their paths in the archive; raises DataError where the lists that say so can't be had."""
        raise NotImplementedError

    def obtain(self, folder: str, report: Report = announce, retries: RetryPolicy = RETRIES) -> Path:
        """The checked folder; raises DataError."""
        path = self.place(folder)
        if checksum_of(path):
            return path
        names = self.wanted(report, retries)
        with placing(path):
            if path.exists():
                return self.accept(folder)
            part, known, reasons, whole_only = beside(path, ".part"), set(names), [], False
            for name, other in content_of(part):
                if name not in known:
                    other.unlink()  # of a run that went by other lists
            ways = [(source, partial(self._take, source)) for source in self._sources(folder)]
            for source, take in self.with_other_ways(ways):
                try:
                    take(names, part, f"{folder}/{self.name}", report, retries)
                    _compare(part, names)
                    place(part, path)
                    return path
                except RefusedError as reason:
                    reasons.append(f"{source} {reason}")
                    whole_only |= isinstance(reason, NoPartsError)
        raise DataError(self._failure(folder, len(names), reasons, whole_only))

    def with_other_ways(self, ways: Sequence[tuple[str, Way]]) -> Sequence[tuple[str, Way]]:
        """The ways to the archive, by their names for messages, and others that a subclass knows, in their order."""
        return ways

    def accept(self, folder: str) -> Path:
        """What lies in its place, checked if it was put there by hand; raises DataError."""
        path = self.place(folder)
        if not checksum_of(path):
            try:
                _compare(path, self.wanted())
            except RefusedError as reason:
                raise DataError(f"{path} {reason}; replace or remove it") from reason
            record_checksum(path)
        return path

    def _sources(self, folder: str) -> list[str]:
        """The archive in the data folder if it is there, then the mirrors and its own addresses."""
        here = self.archive.place(folder)
        return [str(here)] * here.exists() + [source for _, source in self.offers(folder)]

    def _take(
        self, source: str, names: Sequence[str], part: Path, label: str, report: Report, retries: RetryPolicy
    ) -> None:
        with self._opened(source, retries) as file:
            try:
                with zipfile.ZipFile(file) as archive:
                    self._extract(archive, file, names, part, label, report)
            except (DataError, RefusedError):
                raise
            except Exception as error:  # the library raises a dozen kinds for damaged content
                if isinstance(error, OSError) and error.errno in (*FULL, *CLOSED):
                    raise
                raise RefusedError(f"is a damaged archive ({one_line(error) or 'it ends too early'})") from error

    def _opened(self, source: str, retries: RetryPolicy) -> Any:
        if source.startswith(ADDRESSES):
            return RemoteFile(source, retries)
        try:
            return Path(source).open("rb")
        except OSError as error:
            missing = isinstance(error, FileNotFoundError)
            raise RefusedError("is not there" if missing else f"cannot be read ({error.strerror})") from error

    def _extract(
        self, archive: zipfile.ZipFile, file: Any, names: Sequence[str], part: Path, label: str, report: Report
    ) -> None:
        held = {member.filename: member for member in archive.infolist()}
        if absent := [name for name in names if name not in held]:
            raise RefusedError(f"has no member {absent[0]} ({len(absent):,} of {len(names):,} are missing)")
        members = [held[name] for name in names]
        if (size := sum(member.file_size for member in members)) > 2 * self.about:
            raise RefusedError(f"has {size:,} bytes of these members, about {self.about:,} expected")
        part.mkdir(parents=True, exist_ok=True)
        lacking = [member for member in members if not _whole(part / member.filename, member)]
        need_room(part, sum(member.file_size for member in lacking))
        total = sum(member.compress_size for member in members)
        done = total - sum(member.compress_size for member in lacking)
        report(label, done, total)
        for member in _ahead(file, archive, lacking):
            path = part / member.filename
            path.parent.mkdir(parents=True, exist_ok=True)
            half = path.with_name(f".{path.name}")
            half.write_bytes(archive.read(member))  # zipfile compares the CRC
            half.replace(path)
            done += member.compress_size
            report(label, done, total)

    def _failure(self, folder: str, count: int, reasons: list[str], whole_only: bool) -> str:
        archive = self.archive
        whole = f"fetch the whole of it (`mtl-bench data fetch {folder}`), or " * whole_only
        return (
            f"{folder}: {count:,} members of {archive.name} could not be fetched "
            f"({'; '.join(reasons) or 'it has no public source'}); {whole}put it at {archive.place(folder)} or its "
            f"files at {self.place(folder)} by hand{f' (open {archive.page} in a browser)' if archive.page else ''}, "
            f"or name in MTL_BENCH_MIRROR a folder or URL that holds {folder}/{archive.name}, "
            "or run `mtl-bench data doctor` to see which sources answer"
        )


def _compare(path: Path, names: Sequence[str]) -> None:
    """Raises RefusedError when the folder has other files than these."""
    found = {name for name, _ in content_of(path)}
    if absent := sorted(set(names) - found):
        raise RefusedError(f"lacks {len(absent):,} of {len(names):,} files, such as {absent[0]}")
    if more := sorted(found - set(names)):
        raise RefusedError(f"holds {len(more):,} files that no list names, such as {more[0]}")


def _whole(path: Path, member: zipfile.ZipInfo) -> bool:
    """Whether an earlier run left this member, whole."""
    if not path.is_file() or path.stat().st_size != member.file_size:
        return False
    return zlib.crc32(path.read_bytes()) == member.CRC


def _ahead(file: Any, archive: zipfile.ZipFile, members: Iterable[zipfile.ZipInfo]) -> Iterator[zipfile.ZipInfo]:
    """The members in the archive's order, each when its bytes can be read; several parts are asked for at once."""
    in_order = sorted(members, key=lambda member: member.header_offset)
    if not isinstance(file, RemoteFile):
        yield from in_order
        return
    spans = list(_spans(in_order, archive))
    with ThreadPoolExecutor(CONNECTIONS) as threads:
        for first in range(0, len(spans), 2 * CONNECTIONS):  # so many are in memory
            some = spans[first : first + 2 * CONNECTIONS]
            parts = threads.map(lambda span: file.part(span[0], span[1]), some)
            for (start, _, inside), content in zip(some, parts, strict=True):
                file.hold(start, content)
                yield from inside


def _spans(
    members: Sequence[zipfile.ZipInfo], archive: zipfile.ZipFile
) -> Iterator[tuple[int, int, list[zipfile.ZipInfo]]]:
    """The parts to ask for, from where to before where, with the members in each; near ones together."""
    starts = sorted({member.header_offset for member in archive.infolist()})
    ends = dict(zip(starts, [*starts[1:], archive.start_dir], strict=True))
    start, end, inside = 0, 0, list[zipfile.ZipInfo]()
    for member in members:
        offset = member.header_offset
        after = min(ends[offset], offset + member.compress_size + HEADER)
        if inside and (offset > end + GAP or after > start + SPAN):
            yield start, end, inside
            inside = []
        if not inside:
            start = offset
        end = after
        inside.append(member)
    if inside:
        yield start, end, inside
