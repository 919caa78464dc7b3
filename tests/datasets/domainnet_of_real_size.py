"""A domain of DomainNet with its published counts, in a process whose memory is measured: URL SHARE."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.datasets import domainnet
from mtl_bench.datasets.domainnet import DomainNet
from mtl_bench.datasets.domainnet_lists import CLASSES, CLEANED
from mtl_bench.inputs.rows import digest
from tests.datasets.domainnet_like import Amount, look_at

DOMAIN = "clipart"


def amounts(share: int) -> Amount:
    """One image of `share` of those that the domain has, spread over its classes."""
    counts = {split: count for domain, split, count, *_ in CLEANED if domain == DOMAIN}

    def amount(name: str, split: str) -> int:
        each, more = divmod(counts[split] // share, len(CLASSES))
        return each + (CLASSES.index(name) < more)

    return amount


def most_memory() -> int:
    """Bytes, of this process alone: what Linux counts in `ru_maxrss` begins with the process that started it."""
    if sys.platform == "linux":
        status = Path("/proc/self/status").read_text(encoding="ascii")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


def main(url: str, share: str) -> int:
    """Fetch, read and index it, and print how many images it has and the most bytes of memory that took."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(domainnet, "IN_MEMORY", 0)  # images stay files
        look_at(url, monkeypatch, DOMAIN, amounts(int(share)))
        images, draw = 0, np.random.default_rng(0)
        some = DomainNet(DOMAIN, "40-classes")
        some.fetch(lambda label, done, total: None)
        for data in (some, DomainNet(DOMAIN), DomainNet(DOMAIN, "126-classes")):
            data.fetch(lambda label, done, total: None)
            for split in data.splits:
                rows, labels = data.inputs(split), data.labels(split)
                assert len(rows) == len(labels) and digest(rows)
                for _ in range(5):
                    rows[draw.integers(0, len(rows), 64)]
                images += len(rows) if data.variant == "cleaned" else 0
    print(images, most_memory())
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
