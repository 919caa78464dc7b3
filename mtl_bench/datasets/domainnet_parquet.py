"""The cleaned DomainNet as the Hugging Face hub has it: the same images, where the official host is out of reach.

mtl-bench data fetch domainnet:parquet
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import ClassVar, Self

from mtl_bench.datasets.files.acquire import File, announce
from mtl_bench.datasets.files.remote import RemoteFile
from mtl_bench.datasets.files.row_groups import ParquetTable
from mtl_bench.datasets.files.transfer import RETRIES, Report, RetryPolicy

PAGE = "https://huggingface.co/datasets/wltjr1007/DomainNet"
REVISION = "ee20570ae7a29c51571e55a9a17983f7625295d6"
PARQUETS: dict[str, tuple[File, ...]] = {
    split: tuple(
        File(name, (f"{PAGE}/resolve/{REVISION}/data/{name}",), (f"sha256:{sha256}",), size, PAGE)
        for name, size, sha256 in files
    )
    for split, files in (
        (
            "train",
            (
                (
                    "train-00000-of-00003.parquet",
                    758_577_202,
                    "37dfda4256254a53d58352ba6f3ea8a1ae24d13f3d39eb27a143b859f73b3e5a",
                ),
                (
                    "train-00001-of-00003.parquet",
                    7_205_696_451,
                    "c5d86606a2fa7b1418895717803cfa7c3e7adad37454ee7b1ad44f1ec0eb3e15",
                ),
                (
                    "train-00002-of-00003.parquet",
                    4_959_599_036,
                    "bb3dd680e02ac1cf539fb6d32959b096a06535892aa8c494e31378762f02613c",
                ),
            ),
        ),
        (
            "test",
            (
                (
                    "test-00000-of-00001.parquet",
                    5_597_563_518,
                    "7eb34c7c9c020f265db6c4b2405c873f4bda0259cd06b43aa31df45a17a55409",
                ),
            ),
        ),
    )
}


@dataclass(frozen=True)
class DomainNetParquet:
    """The files of all domains, from which `DomainNet` reads where they are and a domain's archive is not."""

    folder: ClassVar[str] = "domainnet"
    name: ClassVar[str] = "domainnet-parquet"
    variant: ClassVar[str] = "parquet"
    licence: ClassVar[str] = "fair use for research and education, as the official page says; cite the paper"

    @classmethod
    def examples(cls) -> tuple[Self, ...]:
        return (cls(),)

    @property
    def files(self) -> tuple[File, ...]:
        return tuple(file for files in PARQUETS.values() for file in files)

    def fetch(self, report: Report = announce) -> None:
        """Have them in the data folder; raises DataError."""
        for file in self.files:
            file.obtain(self.folder, report)


def here() -> bool:
    """Whether all of these files are in the data folder."""
    return all(file.place(DomainNetParquet.folder).exists() for file in DomainNetParquet().files)


@contextmanager
def table(split: str, retries: RetryPolicy = RETRIES) -> Iterator[ParquetTable]:
    """The rows of a split: of the files in the data folder, or read by HTTP Range; raises RefusedError, DataError."""
    with ExitStack() as stack:
        if here():
            yield ParquetTable([file.obtain(DomainNetParquet.folder) for file in PARQUETS[split]])
        else:
            yield ParquetTable([stack.enter_context(RemoteFile(file.sources[0], retries)) for file in PARQUETS[split]])
