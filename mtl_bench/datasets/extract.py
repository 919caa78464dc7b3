"""Folders made from archives, unpacked without trust: nothing outside the folder, no links, all or nothing."""

from __future__ import annotations

import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

from mtl_bench.datasets.acquire import File, announce
from mtl_bench.datasets.placed import DataError, beside, data_root, digest_of, place, placing, seal, sealed
from mtl_bench.datasets.transfer import Patience, Report


@dataclass(frozen=True)
class Tree:
    """A folder of unpacked files, placed at `<data folder>/<data set>/<name>`; an equal folder may be put there by hand."""

    name: str
    archive: File
    keep: str  # which members, as a pattern on their path; the paths are kept
    count: int  # files
    sha256: str | None = None  # of the sorted sha256sum listing
    inner: str = ""  # the archive inside the archive that holds them

    def files(self) -> tuple[File, ...]:
        """The files to fetch for this folder."""
        return self.archive.packagings()

    def place(self, folder: str) -> Path:
        """Where it belongs."""
        return data_root() / folder / self.name

    def obtain(self, folder: str, report: Report = announce, patience: Patience = Patience()) -> Path:
        """The checked folder, unpacked from its archive when it is not there; raises DataError."""
        path = self.place(folder)
        if sealed(path):
            return path
        with placing(path):
            if sealed(path) or (path.exists() and self.accept(path)):
                return path
            archive = self.archive.obtain(folder, report, patience)
            part = beside(path, ".part")
            shutil.rmtree(part, ignore_errors=True)
            try:
                extract(archive, part, self.keep, self.inner)
                self.check(part, f"{archive} was unpacked and")
            except BaseException:
                shutil.rmtree(part, ignore_errors=True)
                raise
            place(part, path)
        return path

    def accept(self, path: Path) -> bool:
        """Check and seal a folder that was put there by hand; raises DataError when it is another."""
        self.check(path, str(path))
        seal(path)
        return True

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
        raise DataError(f"{archive} cannot be unpacked ({error}); remove it and fetch it again") from error


def _unpack(archive: Path, folder: Path, keep: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    if zipfile.is_zipfile(archive):
        _unpack_zip(archive, folder, keep)
    else:
        _unpack_tar(archive, folder, keep)


def _unpack_tar(archive: Path, folder: Path, keep: str) -> None:
    with tarfile.open(archive) as tar:
        for member in tar:
            try:
                tarfile.data_filter(member, str(folder))
            except tarfile.FilterError as error:
                raise _unsafe(archive, member.name) from error
            if member.islnk() or member.issym():
                raise _unsafe(archive, member.name)
            if member.isfile() and fnmatchcase(member.name, keep):
                tar.extract(member, folder, filter="data")


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
