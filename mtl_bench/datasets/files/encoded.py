"""Images kept as the bytes they were published in: for data sets whose pixels would not fit the disk.

They lie in one Arrow file, which is memory-mapped, or in files of their own: an image is read and decoded when its row
is asked for, to the values that a decoded array would hold. Rows of a file of any size take the memory of those rows
alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np

from mtl_bench.datasets.files.decoders import AGAIN, reading
from mtl_bench.datasets.files.own_images import readable
from mtl_bench.datasets.files.pixels import Encoded, decoded
from mtl_bench.datasets.files.placed import (
    DataError,
    beside,
    checksum_of,
    data_root,
    need_room,
    place,
    placing,
)
from mtl_bench.inputs.rows import Mapped

Array = np.ndarray[Any, Any]
Image = tuple[str, bytes]  # its name in its archive, and the file
BATCH = 64  # images that are written at once
COLUMNS = ("name", "image", "sha256")


class DecodedRows:
    """uint8 (n, 3, size, size) that are decoded when they are asked for; by slices, masks and index arrays."""

    def __init__(self, count: int, size: int) -> None:
        self.shape: tuple[int, int, int, int] = (count, 3, size, size)
        self.dtype = np.dtype(np.uint8)

    def images(self, index: Any) -> Iterable[Encoded]:
        """The images of these rows, as they are kept."""
        raise NotImplementedError

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, index: Any) -> Array:
        return np.concatenate([np.empty((0, *self.shape[1:]), np.uint8), *decoded(self.images(index), self.shape[-1])])

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> Array:
        return np.asarray(self[:], dtype)


class FileRows(DecodedRows):
    """Images that lie in files of their own, which stay where they are."""

    def __init__(self, folder: Path, names: Sequence[str], size: int) -> None:
        super().__init__(len(names), size)
        self.folder, self.names = folder, np.array(names, object)

    def images(self, index: Any) -> Iterable[Encoded]:
        return (self.folder / name for name in self.names[index])

    def __getitem__(self, index: Any) -> Array:
        try:
            return super().__getitem__(index)
        except DataError as error:
            said = readable(str(error)).removesuffix(AGAIN)
            raise DataError(f"{said}save it anew or remove it, and run `mtl-bench compare` again") from error


class EncodedRows(DecodedRows):
    """Images in an Arrow file: those of these names, in their order, wherever they lie in the file."""

    def __init__(self, path: Path, names: Sequence[str], size: int) -> None:
        """Raises DataError for a file that `stored_encoded` did not write, or that lacks an image."""
        import pyarrow as pa

        with reading(path, "Arrow file of images"):
            table = pa.ipc.open_file(pa.memory_map(str(path))).read_all()
            if tuple(table.column_names) != COLUMNS:
                raise ValueError(f"it has the columns {', '.join(table.column_names)}")
            places = {name: place for place, name in enumerate(table["name"].to_pylist())}
            if absent := [name for name in names if name not in places]:
                raise ValueError(f"it lacks {len(absent):,} of {len(names):,} images, such as {absent[0]}")
        self.path, self.table = path, table
        self.places = np.array([places[name] for name in names], np.int64)
        super().__init__(len(names), size)
        lengths = [len(chunk) for chunk in table["image"].chunks]
        self.starts = np.concatenate([[0], np.cumsum(lengths, dtype=np.int64)])

    @property
    def content(self) -> str:
        """The sha256 of the images' own sha256s in the rows' order: what they are, however they were packed."""
        each = self.table["sha256"].to_pylist()
        return hashlib.sha256(b"".join(each[place] for place in self.places)).hexdigest()

    def images(self, index: Any) -> Iterable[Encoded]:
        return (self._image(int(place)) for place in self.places[index])

    def _image(self, place: int) -> Image:
        chunk = int(np.searchsorted(self.starts, place, side="right")) - 1
        inside = place - int(self.starts[chunk])
        name, image = (self.table[column].chunk(chunk)[inside] for column in COLUMNS[:2])
        return f"{self.path}, image {name.as_py()},", image.as_py()


def stored_encoded(
    folder: str, name: str, names: Sequence[str], images: Callable[[], Iterable[Image]], size: int, room: int = 0
) -> Mapped:
    """The images `names`, decoded to `size`, from `<data folder>/<folder>/arrays/<name>.arrow`, written once.

    `images` gives them, and maybe others, in any order; `room` is the bytes that they take. Raises DataError.
    """
    path = data_root() / folder / "arrays" / f"{name}.arrow"
    if not checksum_of(path):
        with placing(path):
            if not checksum_of(path):
                need_room(path, room)
                _write(path, images())
    rows = EncodedRows(path, names, size)
    return Mapped(cast(Array, rows), f"{rows.content} decoded to {size}")


def _write(path: Path, images: Iterable[Image]) -> None:
    import pyarrow as pa

    kinds = pa.string(), pa.large_binary(), pa.binary(32)
    schema = pa.schema(list(zip(COLUMNS, kinds, strict=True)))
    part = beside(path, ".part")
    try:
        # Written through Python's file: a full disk is then the error that it is elsewhere.
        with part.open("wb") as file, pa.ipc.new_file(file, schema) as writer:
            batch: list[tuple[str, bytes, bytes]] = []
            for name, content in images:
                batch.append((name, content, hashlib.sha256(content).digest()))
                if len(batch) == BATCH:
                    writer.write_batch(_batch(batch, schema))
                    batch = []
            if batch:
                writer.write_batch(_batch(batch, schema))
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    place(part, path)


def _batch(rows: list[tuple[str, bytes, bytes]], schema: Any) -> Any:
    import pyarrow as pa

    columns = zip(*rows, strict=True)
    arrays = [pa.array(list(column), field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.record_batch(arrays, schema=schema)
