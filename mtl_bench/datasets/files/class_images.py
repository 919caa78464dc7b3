"""Images in class folders, recognised by their content whatever archive they come in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.placed import DataError, content_of, digest_of


@dataclass(frozen=True)
class ClassImages(Tree):
    """A tree whose digest is over class, name and bytes of each image: the folders above the classes may differ.

    So any archive of the same images serves, though nobody published a digest of it. `sha256` is of the listing in
    sha256sum's format, sorted by path, each path cut to `<class>/<file>`.
    """

    def check(self, path: Path, subject: str) -> None:
        """Raises DataError when the folder has other images than expected."""
        found = class_images(path)
        if len(found) != self.count:
            raise DataError(f"{subject} holds {len(found):,} files where {self.count:,} were expected; remove it")
        listing = "".join(f"{digest_of(image)}  {image.parent.name}/{image.name}\n" for image in found)
        if self.sha256 and hashlib.sha256(listing.encode(errors="surrogateescape")).hexdigest() != self.sha256:
            raise DataError(f"{subject} holds {len(found):,} files, but other content than expected; remove it")


def class_images(tree: Path) -> list[Path]:
    """The files below a folder by class folder and name, whatever lies between it and the class folders."""
    return sorted((path for _, path in content_of(tree)), key=lambda path: (path.parent.name, path.name))
