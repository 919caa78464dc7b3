"""A folder of a user's images, listed: what is no such folder is refused in one sentence that names the remedy."""

from __future__ import annotations

import hashlib
import io
import os
import unicodedata
from collections.abc import Iterable, Iterator
from operator import attrgetter
from pathlib import Path
from typing import NamedTuple

from mtl_bench.datasets.correspondence import listed
from mtl_bench.datasets.files.pixels import IMAGES, ending
from mtl_bench.datasets.files.placed import CLUTTER, DataError, one_line

UNREAD = frozenset([".avif", ".heic", ".heif", ".jfif", ".jp2", ".jpe", ".jxl", ".tga"])  # not left out silently
KINDS = ", ".join(sorted(IMAGES))


class OwnImage(NamedTuple):  # for a million of them, a dataclass takes seconds
    """An image file, and what shows that it is still the same."""

    name: str  # below the folder, the same on any file system
    inside: str  # the name as it lies there
    size: int
    changed: int


def readable(name: str) -> str:
    """A file's name as text that can be printed: composed accents, and \\x for a byte that is no UTF-8."""
    if name.isascii():
        return name
    return unicodedata.normalize("NFC", os.fsencode(name).decode("utf-8", "backslashreplace"))


def _named(path: object) -> str:
    return readable(str(path))


def own_images(folder: Path, labelled: bool) -> list[OwnImage]:
    """The images of a folder, sorted by name: below class folders, or not labelled, at any depth. Raises DataError."""
    if not _is_folder(folder):
        kind = "a file" if folder.is_file() else "not there"
        raise DataError(f"{_named(folder)} is {kind}; give a folder of {'class folders' if labelled else 'images'}")
    found = list(_below(folder, "", ()))
    if not found:
        raise DataError(f"{_named(folder)} holds no images (files that end in {KINDS}); give a folder of images")
    if labelled:
        _check_classes(folder, found)
    return sorted(found, key=attrgetter("name"))


def _is_folder(path: Path) -> bool:
    try:
        return path.is_dir()
    except OSError as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: OSError) -> DataError:
    return DataError(
        f"{_named(error.filename or path)} cannot be read ({one_line(error.strerror)}); allow it or remove it"
    )


def _below(folder: Path, inside: str, above: tuple[tuple[int, int], ...]) -> Iterator[OwnImage]:
    """All images at any depth. A link to a folder above itself would go on for ever."""
    place = folder / inside
    try:
        status = place.stat()
        here = (status.st_dev, status.st_ino)
        if here in above:
            raise DataError(f"{_named(place)} is a link to a folder that it lies in; remove the link")
        with os.scandir(place) as entries:
            kept = [e for e in entries if not e.name.startswith(".") and e.name.lower() not in CLUTTER]
        for entry in kept:
            name, kind = f"{inside}{entry.name}", ending(entry.name)
            if _is_loop(entry):
                raise DataError(f"{_named(folder / name)} is a link that leads to nothing; remove the link")
            if entry.is_dir():
                yield from _below(folder, f"{name}/", (*above, here))
            elif kind in UNREAD:
                raise DataError(
                    f"{_named(folder / name)} is of a kind that is not read; save such images as PNG, or remove them"
                )
            elif kind in IMAGES and entry.is_file():
                status = entry.stat()
                yield OwnImage(readable(name), name, status.st_size, status.st_mtime_ns)
    except OSError as error:
        raise _unreadable(place, error) from error


def _is_loop(entry: os.DirEntry[str]) -> bool:
    """Whether it is a link to itself, or to what is not there."""
    return entry.is_symlink() and not Path(entry.path).exists()


def class_folders(folder: Path) -> list[str]:
    """The names of its sub-folders as they lie there, hidden ones and clutter left out."""
    with os.scandir(folder) as entries:
        return sorted(
            e.name for e in entries if not e.name.startswith(".") and e.name.lower() not in CLUTTER and e.is_dir()
        )


def _check_classes(folder: Path, found: Iterable[OwnImage]) -> None:
    """Raises DataError unless every image lies in a class folder, and every class folder has one."""
    loose: list[str] = []
    deep: list[str] = []
    full: set[str] = set()
    for image in found:
        parts = image.inside.split("/")
        if len(parts) == 2:
            full.add(parts[0])
        else:
            (loose if len(parts) == 1 else deep).append(image.name)
    names, said = class_folders(folder), _named(folder)
    if deep and not full and not loose:
        first = min(deep)
        raise DataError(
            f"the images of {said} lie two or more folders deep ({first}); give the folder right above the class "
            f"folders, such as {_named((folder / first).parents[1])}"
        )
    if deep:
        raise DataError(
            f"{_named(folder / min(deep))} lies in a folder inside a class folder; move the images up into their "
            "class's folder"
        )
    if loose and not names:
        raise DataError(
            f"{said} holds images and no class folders; put each class's images into a folder of its own, or give it "
            "as a folder without labels"
        )
    if loose:
        raise DataError(
            f"{said} holds images beside the class folders ({len(loose):,}, such as {min(loose)}); move each into its "
            "class's folder"
        )
    if empty := [readable(name) for name in names if name not in full]:
        raise DataError(
            f"{said} has class folders without images ({listed(empty)}); remove them or put files that end in {KINDS} "
            "there"
        )
    alike: dict[str, str] = {}
    for name in map(readable, names):
        if name.casefold() in alike:
            raise DataError(
                f"{said} has the class folders {alike[name.casefold()]} and {name}, which are one where case "
                "does not count; rename one or put their images together"
            )
        alike[name.casefold()] = name
    if len(names) < 2:
        raise DataError(f"{said} has one class folder, {readable(names[0])}; give a folder of two or more classes")


def stamp_of(images: Iterable[OwnImage]) -> str:
    """The sha256 of their names, sizes and times of change: while it is the same, their content was not looked at."""
    found = hashlib.sha256()
    for image in images:
        found.update(f"{image.name}\0{image.size}\0{image.changed}\n".encode())
    return found.hexdigest()


def content_digest(folder: Path, images: Iterable[OwnImage], opened: bool = False) -> str:
    """The sha256 of the listing in sha256sum's format; one file at a time is in memory.

    When `opened`, raises DataError, one sentence for all, for files that Pillow does not know as images.
    """
    found, refused = hashlib.sha256(), []
    for image in images:
        path = folder / image.inside
        try:
            content = path.read_bytes()
        except OSError as error:
            raise _unreadable(path, error) from error
        if opened and (reason := _unknown(content)):
            refused.append(f"{_named(path)} ({reason})")
        found.update(f"{hashlib.sha256(content).hexdigest()}  {image.name}\n".encode())
    if refused:
        many = f"{len(refused):,} files are no images" if len(refused) > 1 else "a file is no image"
        raise DataError(f"{many} that can be read: {listed(refused)}; remove or save anew what is named so")
    return found.hexdigest()


def _unknown(content: bytes) -> str:
    """Why Pillow cannot open a file, "" when it can; pixels are not looked at."""
    from PIL import Image

    if not content:
        return "it is empty"
    try:
        with Image.open(io.BytesIO(content)):
            return ""
    except Exception as error:  # as many kinds as there are formats
        return (
            "it is of no known format" if "cannot identify" in str(error) else one_line(error) or type(error).__name__
        )
