"""Images in parquet files, read group of rows by group: as the hub's library writes them, of which few are needed."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

from mtl_bench.datasets.files.transfer import RefusedError

IMAGE = ("image.bytes", "image.path")


@dataclass(frozen=True)
class Place:
    """Where a row lies: in which file, which group of its rows, and at which place there."""

    file: int
    group: int
    inside: int


class ParquetTable:
    """The rows of parquet files one after another: an image, and the numbers of a domain and of a class ("label").

    A file is a path or what reads like a file; which names the numbers have is in the first one, as the library
    `datasets` writes it. Raises RefusedError for files of another kind.
    """

    def __init__(self, files: Sequence[Any]) -> None:
        from pyarrow import parquet

        try:
            self.files = [parquet.ParquetFile(file, pre_buffer=False) for file in files]
            features = json.loads(self.files[0].schema_arrow.metadata[b"huggingface"])["info"]["features"]
            self.domains, self.classes = ([str(name) for name in features[c]["names"]] for c in ("domain", "label"))
        except Exception as error:
            raise _refused(error) from error

    def named(self, domain: str, official: Sequence[tuple[str, str]]) -> dict[str, Place]:
        """Where each image of a domain's official list (path, class) lies.

        By the names in the file where they are given, otherwise by their order, which must then be that of the list.
        Raises RefusedError where the rows are not those of the list.
        """
        found = list(self._of(domain))
        if len(found) != len(official):
            raise RefusedError(f"has {len(found):,} rows of the domain where the list names {len(official):,}")
        names = {PurePosixPath(name).name: (place, label) for place, label, name in found if name}
        if len(names) == len(official):
            pairs = [(path, label, names.get(PurePosixPath(path).name)) for path, label in official]
            if all(held is not None and held[1] == label for _, label, held in pairs):
                return {path: held[0] for path, _, held in pairs if held}
            raise RefusedError("has images under other names or of other classes than the list")
        if [label for _, label, _ in found] != [label for _, label in official]:
            raise RefusedError("has its rows in another order than the list, and no names")
        return {path: place for (path, _), (place, _, _) in zip(official, found, strict=True)}

    def size(self, places: Collection[Place]) -> int:
        """Bytes of the groups that hold these rows: what reading them fetches."""
        groups = {(place.file, place.group) for place in places}
        return sum(self._chunk(file, group, IMAGE[0]).total_compressed_size for file, group in groups)

    def images(self, places: Mapping[str, Place]) -> Iterator[tuple[str, bytes]]:
        """Each name with its image file; groups are read once each, in their order."""
        groups: dict[tuple[int, int], list[tuple[str, int]]] = {}
        for name, place in places.items():
            groups.setdefault((place.file, place.group), []).append((name, place.inside))
        for file, group in sorted(groups):
            column = self._read(file, group, IMAGE[:1])["image"]
            for name, inside in groups[file, group]:
                image = column[inside].as_py()
                if not image or not image["bytes"]:
                    raise RefusedError(f"holds no image in row {inside} of group {group}")
                yield name, image["bytes"]

    def _of(self, domain: str) -> Iterator[tuple[Place, str, str | None]]:
        """Place, class and, if it is there, name of every row of a domain, in their order."""
        if domain not in self.domains:
            raise RefusedError(f"has no domain {domain}")
        number = self.domains.index(domain)
        for file, parquet in enumerate(self.files):
            for group in range(parquet.metadata.num_row_groups):
                statistics = self._chunk(file, group, "domain").statistics
                if statistics and statistics.has_min_max and not statistics.min <= number <= statistics.max:
                    continue
                rows = self._read(file, group, ("domain", "label", IMAGE[1])).to_pylist()
                for inside, row in enumerate(rows):
                    if row["domain"] == number:
                        yield Place(file, group, inside), self.classes[row["label"]], row["image"]["path"]

    def _read(self, file: int, group: int, columns: Sequence[str]) -> Any:
        try:
            return self.files[file].read_row_group(group, list(columns), use_threads=False)
        except Exception as error:
            raise _refused(error) from error

    def _chunk(self, file: int, group: int, name: str) -> Any:
        metadata = self.files[file].metadata.row_group(group)
        for i in range(metadata.num_columns):
            if metadata.column(i).path_in_schema == name:
                return metadata.column(i)
        raise RefusedError(f"has no column {name}")


def _refused(error: Exception) -> RefusedError:
    from mtl_bench.datasets.files.placed import one_line

    if isinstance(error, RefusedError):
        return error
    return RefusedError(f"is no whole parquet file of images ({one_line(error) or type(error).__name__})")
