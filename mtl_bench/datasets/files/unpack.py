"""Archives unpacked without trust: nothing outside the folder, no links, no more than was bounded, all or nothing."""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO

from mtl_bench.datasets.files.placed import CLOSED, FULL, DataError, beside, need_room, one_line

Member = tuple[str, int, IO[bytes] | None]  # its path in the archive, its bytes, its content if it is a wanted file


@dataclass(frozen=True)
class Bounds:
    """What may come out of an archive."""

    size: int  # bytes of all members together, wanted or not
    count: int  # wanted files


def unpack(archive: Path, folder: Path, keep: str, bounds: Bounds, inner: str = "") -> None:
    """Unpack the members whose path matches `keep` into `folder`, a zip by its ending, else a tar of any compression.

    With `inner`, the members of that archive inside the archive. Raises DataError for a member that is a link or leads
    out of the folder, wanted or not, for more than the bounds allow, and for a damaged archive.
    """
    try:
        if not inner:
            return _unpack(archive, folder, keep, bounds)
        nested = beside(folder, "-" + PurePosixPath(inner).name)
        try:
            _unpack(archive, folder, inner, Bounds(bounds.size, 1))
            (folder / inner).replace(nested)
            shutil.rmtree(folder)
            return _unpack(nested, folder, keep, bounds)
        finally:
            nested.unlink(missing_ok=True)
    except DataError:
        raise
    except Exception as error:  # the libraries raise two dozen kinds for damaged content
        if isinstance(error, OSError) and error.errno in (*FULL, *CLOSED):
            raise
        reason = one_line(error) or "it ends too early"
        raise DataError(f"{archive} cannot be unpacked ({reason}); remove it and fetch it again") from error


def _unpack(archive: Path, folder: Path, keep: str, bounds: Bounds) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    size = count = 0
    members = _zip_members(archive, keep) if archive.suffix.lower() == ".zip" else _tar_members(archive, keep)
    with closing(members):
        for name, length, content in members:
            size += length
            count += content is not None
            if size > bounds.size:
                raise _too_much(archive, f"more than {bounds.size:,} bytes")
            if count > bounds.count:
                raise _too_much(archive, f"more than {bounds.count:,} files {keep}")
            if content:
                path = folder / name
                need_room(folder, length)
                path.parent.mkdir(parents=True, exist_ok=True)
                with content, path.open("wb") as file:
                    shutil.copyfileobj(content, file)
                if path.stat().st_size != length:
                    raise EOFError(f"{name} ends too early")


def _tar_members(archive: Path, keep: str) -> Generator[Member]:
    with tarfile.open(archive) as tar:
        for member in tar:
            if member.islnk() or member.issym() or ".." in PurePosixPath(member.name).parts:
                raise _unsafe(archive, member.name)
            try:
                safe = tarfile.data_filter(member, "/nowhere/folder")
            except tarfile.FilterError as error:
                raise _unsafe(archive, member.name) from error
            wanted = member.isfile() and fnmatchcase(member.name, keep)
            yield safe.name, max(0, member.size), tar.extractfile(member) if wanted else None
        while tar.fileobj and tar.fileobj.read(2**20):  # to its end, where a compressed file has its checksum
            pass


def _zip_members(archive: Path, keep: str) -> Generator[Member]:
    with zipfile.ZipFile(archive) as zipped:
        for member in zipped.infolist():
            name = member.filename.replace("\\", "/")
            path = PurePosixPath(name)
            link = stat.S_ISLNK(member.external_attr >> 16)
            if link or path.is_absolute() or ".." in path.parts or ":" in next(iter(path.parts), ""):
                raise _unsafe(archive, member.filename)
            wanted = bool(path.parts) and not member.is_dir() and fnmatchcase(name, keep)
            yield str(path), member.file_size, zipped.open(member) if wanted else None


def _unsafe(archive: Path, member: str) -> DataError:
    return DataError(
        f"{archive} was not unpacked: its member {member!r} is a link or leads out of the folder; "
        "remove the archive and fetch it from another source"
    )


def _too_much(archive: Path, what: str) -> DataError:
    return DataError(
        f"{archive} was not unpacked: it holds {what}, which is more than its data set says; "
        "remove the archive and fetch it from another source"
    )
