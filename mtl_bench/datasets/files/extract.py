"""Folders made from archives, unpacked without trust: nothing outside the folder, no links, all or nothing."""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.placed import DataError, beside, data_root, digest_of, place, placing, seal, sealed
from mtl_bench.datasets.files.transfer import RETRIES, Report, RetryPolicy


@dataclass(frozen=True)
class Tree:
    """A folder of unpacked files, placed at `<data folder>/<data set>/<name>`; it may be put there by hand too."""

    name: str
    archive: File
    keep: str  # which members, as a pattern on their path; the paths are kept
    count: int  # files
    sha256: str | None = None  # of the sorted listing in sha256sum's format
    inner: str = ""  # the archive inside the archive that holds them

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
        if sealed(path):
            return path
        with placing(path):
            if path.exists():
                return self.accept(folder)
            archive = self.archive.obtain(folder, report, retries)
            part = beside(path, ".part")
            shutil.rmtree(part, ignore_errors=True)
            try:
                extract(archive, part, self.keep, self.inner)
                self.check(part, f"{archive}, unpacked,")
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            place(part, path)
        return path

    def accept(self, folder: str) -> Path:
        """What lies in its place, checked and sealed if it was put there by hand; raises DataError."""
        path = self.place(folder)
        if not sealed(path):
            self.check(path, str(path))
            seal(path)
        return path

    def check(self, path: Path, subject: str) -> None:
        """Raises DataError when the folder has other files than expected."""
        count = sum(p.is_file() for p in path.rglob("*"))
        if count != self.count:
            raise DataError(f"{subject} holds {count:,} files where {self.count:,} were expected; remove it")
        if self.sha256 and digest_of(path) != self.sha256:
            raise DataError(f"{subject} holds {count:,} files, but other content than expected; remove it")


def extract(archive: Path, folder: Path, keep: str, inner: str = "") -> None:
    """Unpack the members whose path matches `keep` into `folder`.

    With `inner`, the members of that archive inside the archive. Raises DataError for a member that is a link or leads
    out of the folder, wanted or not, and for a damaged archive.
    """
    try:
        if inner:
            nested = beside(folder, "-" + PurePosixPath(inner).name)
            try:
                _unpack(archive, folder, inner)
                (folder / inner).replace(nested)
                shutil.rmtree(folder)
                _unpack(nested, folder, keep)
            finally:
                nested.unlink(missing_ok=True)
        else:
            _unpack(archive, folder, keep)
    except (tarfile.ReadError, zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, FileNotFoundError) as error:
        reason = str(error).partition("\n")[0] or "it ends too early"
        raise DataError(f"{archive} cannot be unpacked ({reason}); remove it and fetch it again") from error


def _unpack(archive: Path, folder: Path, keep: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if archive.suffix == ".zip":
        _unpack_zip(archive, folder, keep)
    else:
        _unpack_tar(archive, folder, keep)


def _unpack_tar(archive: Path, folder: Path, keep: str) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.islnk() or member.issym():
                raise _unsafe(archive, member.name)
            try:
                safe = tarfile.data_filter(member, str(folder))
            except tarfile.FilterError as error:
                raise _unsafe(archive, member.name) from error
            content = tar.extractfile(member) if fnmatchcase(member.name, keep) else None
            if content:  # copied by hand: tar.extract asks the file system many times for each small file
                path = folder / safe.name
                path.parent.mkdir(parents=True, exist_ok=True)
                with path.open("wb") as file:
                    shutil.copyfileobj(content, file)


def _unpack_zip(archive: Path, folder: Path, keep: str) -> None:
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.infolist():
            path = PurePosixPath(member.filename.replace("\\", "/"))
            if path.is_absolute() or ".." in path.parts or ":" in path.parts[0]:
                raise _unsafe(archive, member.filename)
            if stat.S_ISLNK(member.external_attr >> 16):
                raise _unsafe(archive, member.filename)
            if not member.is_dir() and fnmatchcase(member.filename, keep):
                zipped.extract(member, folder)


def _unsafe(archive: Path, member: str) -> DataError:
    return DataError(
        f"{archive} was not unpacked: its member {member!r} is a link or leads out of the folder; "
        "remove the archive and fetch it from another source"
    )
