"""What fetching data sets costs, told before it begins: bytes over the network, time, disk and memory."""

from __future__ import annotations

import math
import shutil
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mtl_bench.execution import data_catalogue
from mtl_bench.workspace import StudyError

if TYPE_CHECKING:
    from mtl_bench.execution.data_catalogue import DataSet

LARGE = 2_000_000_000  # bytes over the network that need a word of the user
TOLD = 100_000_000  # bytes from which on the costs are told
RATE = 10_000_000  # bytes a second, to tell a time
MEMORY = 1_000_000_000  # bytes that fetching and decoding of any data set stay below


@dataclass(frozen=True)
class FetchCost:
    """Bytes, about: sizes that nobody published are rounded, and pixels are counted where their number is known."""

    network: int
    disk: int

    def sentence(self, free: float) -> str:
        """What is told, with the bytes that are free where the data go."""
        minutes = math.ceil(self.network / RATE / 60)
        time = f"{minutes} minutes" if minutes < 100 else f"{minutes / 60:.1f} hours"
        return (
            f"about {_gb(self.network)} over the network ({time} at {RATE // 10**6} MB a second), {_gb(self.disk)} of "
            f"disk ({_gb(free)} are free), under {_gb(MEMORY)} of memory"
        )


def estimate(wanted: Iterable[DataSet]) -> FetchCost:
    """What these lack, those that they are made from included; each file counts once."""
    every = dict.fromkeys(part for one in wanted for part in (*data_catalogue.made_from(one), one))
    files: dict[Any, DataSet] = {}
    for data_set in every:
        for file in data_set.files:
            if not data_catalogue.present(file, data_set.folder):
                files.setdefault((data_set.folder, file), data_set)
    network = sum(size(file) for (folder, file) in files if size(file) and not _is_near(file, folder))
    disk = sum(size(file) * (2 if _is_unpacked_whole(file) else 1) for _, file in files)
    return FetchCost(network, disk + sum(map(_rows, dict.fromkeys(files.values()))))


def agree(wanted: Sequence[DataSet], yes: bool, hours: Callable[[], str] | None = None) -> None:
    """Tell what fetching costs, and ask where it is much; raises StudyError when the answer is no, or nobody is there.

    With `yes` nothing is asked. `hours` says what computing costs that comes after it.
    """
    costs = tell(wanted)
    if costs.network >= TOLD and hours:
        print(f"then: {hours()}", file=sys.stderr, flush=True)
    if costs.network > LARGE and not yes and not _says_yes():
        names = " ".join(dict.fromkeys(f"{one.folder}:{one.variant}" for one in wanted))
        raise StudyError(
            f"nothing was fetched: more than {_gb(LARGE)} need your word; run `mtl-bench data fetch {names} --yes`"
        )


def tell(wanted: Sequence[DataSet]) -> FetchCost:
    """What fetching costs, told where it is not little."""
    from mtl_bench.datasets.files.placed import data_root

    costs = estimate(wanted)
    if costs.network >= TOLD:
        root = data_root()
        free = shutil.disk_usage(next(one for one in (root, *root.parents) if one.exists())).free
        print(f"to fetch: {costs.sentence(free)}", file=sys.stderr, flush=True)
    return costs


def _says_yes() -> bool:
    if not sys.stdin.isatty():
        return False
    print("Fetch it? [y/N] ", end="", file=sys.stderr, flush=True)
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def size(file: Any) -> int:
    """Bytes to fetch for a file, a folder or some members of an archive: as published, or about."""
    for one in (file, file.files()[0]):
        for name in ("about", "size"):
            if known := getattr(one, name, None):
                return int(known)
    return 0


def _is_near(file: Any, folder: str) -> bool:
    """Whether it is copied from a folder here, or nobody has it."""
    from mtl_bench.datasets.files.mirrors import ADDRESSES

    sources = [source for _, source in file.offers(folder)]
    addresses = [source for source in sources if source.startswith(ADDRESSES)]
    return not addresses or any(Path(source).exists() for source in sources if source not in addresses)


def _is_unpacked_whole(file: Any) -> bool:
    return hasattr(file, "archive") and not hasattr(file, "about")


def _rows(data_set: Any) -> int:
    """Bytes that what is decoded of it takes, where it says so or its counts are known."""
    if hasattr(data_set, "rows_take"):
        return int(data_set.rows_take)
    counts, shape = getattr(data_set, "counts", {}), getattr(data_set, "shape", ())
    return int(sum(counts.values()) * math.prod(shape))


def _gb(size: float) -> str:
    return f"{size / 1e9:.2g} GB" if size < 1e10 else f"{size / 1e9:,.0f} GB"
