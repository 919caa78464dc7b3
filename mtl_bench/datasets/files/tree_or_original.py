"""A packaging of changed images that nobody serves, and in its place the published file that it was made of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

from mtl_bench.datasets.files.acquire import announce
from mtl_bench.datasets.files.class_images import ClassImages
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.transfer import RETRIES, Report, RetryPolicy


@dataclass(frozen=True)
class TreeOrOriginal(Tree):
    """A folder unpacked from its archive or, where nobody has that, the file of which its images were made.

    That file is what serves instead of the archive.
    """

    def obtain(self, folder: str, report: Report = announce, retries: RetryPolicy = RETRIES) -> Path:
        """The checked folder, or the checked file that its images were made of; raises DataError."""
        if self.place(folder).exists():
            return super().obtain(folder, report, retries)
        try:
            return Tree.obtain(replace(self, archive=replace(self.archive, instead=())), folder, report, retries)
        except DataError:
            if self.archive.place(folder).exists():
                raise
        return self.archive.obtain(folder, report, retries)


@dataclass(frozen=True)
class ClassImagesOrOriginal(TreeOrOriginal, ClassImages):
    """The same of a folder whose digest is over class, name and bytes of each image."""
