"""Lists and archives of DomainNet's shape with invented images: each tells its class, its number and its split."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from PIL import Image
from pyarrow.parquet import write_table

from mtl_bench.datasets import domainnet
from mtl_bench.datasets.domainnet_lists import CLASSES, COUNTS, DOMAINS, LISTS, ORIGINAL, ZIPS
from mtl_bench.datasets.domainnet_parquet import PARQUETS
from tests.datasets.faulty_server import Served, Server

SIDE = 6
SPLITS = ("train", "test")
Amount = Callable[[str, str], int]  # how many images of a class a split has


def few(name: str, split: str) -> int:
    """Two and one of a class, but many airplanes, whose images the variant of 40 classes must leave out in part."""
    return {"airplane": (80, 40), "apple": (40, 17)}.get(name, (2, 1))[SPLITS.index(split)]


def picture(label: int, number: int, split: str) -> bytes:
    """A PNG of one colour, which `told` reads."""
    colour = (label % 256, label // 256 * 128 + SPLITS.index(split) * 64, number % 256)
    out = io.BytesIO()
    Image.new("RGB", (SIDE, SIDE), colour).save(out, "PNG", compress_level=0)
    return out.getvalue()


def told(image: np.ndarray) -> tuple[int, int, str]:
    """The class's official number, the image's number and the split of (3, side, side)."""
    red, green, blue = (int(one) for one in image[:, 0, 0])
    return red + green // 128 * 256, blue, SPLITS[green % 128 // 64]


def rows(domain: str, split: str, amount: Amount = few) -> Iterator[tuple[str, int, int]]:
    """The paths, classes and numbers of a list, class by class; numbers in no order, as in the official lists."""
    draw = np.random.default_rng(len(split))
    for label, name in enumerate(CLASSES):
        for i in draw.permutation(amount(name, split)):
            yield f"{domain}/{name}/{domain}_{label + 1:03}_{split}{i:06}.png", label, int(i)


def text(domain: str, split: str, amount: Amount = few) -> bytes:
    return "".join(f"{path} {label}\n" for path, label, _ in rows(domain, split, amount)).encode()


def archive(domain: str, amount: Amount = few) -> bytes:
    """In the order of names, as the official ones are, with a folder's entry and a file that no list names."""
    found = {path: (label, i, split) for split in SPLITS for path, label, i in rows(domain, split, amount)}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as zipped:
        zipped.writestr(f"{domain}/", b"")
        zipped.writestr(f"{domain}/zigzag/{domain}_duplicate.png", b"an image that cleaning left out")
        for path in sorted(found):
            zipped.writestr(path, picture(*found[path]))
    return out.getvalue()


def parquet(rows_: list[tuple[str, int, int]], split: str, group: int = 50, names: bool = True) -> bytes:
    """A file as the hub's library writes it, of these rows; it sorts the classes' names otherwise than the lists."""
    classes, domains = sorted(CLASSES), sorted(DOMAINS)
    features = {"domain": {"names": domains}, "label": {"names": classes}, "image": {"_type": "Image"}}
    columns = {
        "image": [{"bytes": picture(k, i, split), "path": Path(path).name if names else None} for path, k, i in rows_],
        "domain": [domains.index(path.partition("/")[0]) for path, _, _ in rows_],
        "label": [classes.index(CLASSES[label]) for _, label, _ in rows_],
    }
    image = pa.struct({"bytes": pa.binary(), "path": pa.string()})
    schema = pa.schema({"image": image, "domain": pa.int64(), "label": pa.int64()})
    schema = schema.with_metadata({"huggingface": json.dumps({"info": {"features": features}})})
    out = io.BytesIO()
    write_table(pa.table(columns, schema), out, row_group_size=group)
    return out.getvalue()


def serve_hub(server: Server, *domains: str, **options: Any) -> None:
    """Have the hub's files of these domains come from `server`: three of the training rows, one of the test rows."""
    for split, files in PARQUETS.items():
        every = [row for domain in domains for row in rows(domain, split)]
        cuts = [len(every) * i // len(files) for i in range(len(files) + 1)]
        for file, first, last in zip(files, cuts, cuts[1:], strict=False):
            server.served[f"/{file.name}"] = Served(parquet(every[first:last], split, **options))


def serve(server: Server, monkeypatch: pytest.MonkeyPatch, *domains: str, amount: Amount = few) -> None:
    """Have the lists and archives of these domains come from `server`, and their counts asserted."""
    for domain in domains:
        server.served[f"/{domain}.zip"] = Served(archive(domain, amount))
        for split in SPLITS:
            for kind in ("cleaned", "original"):
                server.served[f"/{kind}/{domain}_{split}.txt"] = Served(text(domain, split, amount))
        look_at(server.url, monkeypatch, domain, amount)


def look_at(url: str, monkeypatch: pytest.MonkeyPatch, domain: str, amount: Amount = few) -> None:
    """Have the data set fetch a domain from a server of `serve`, of this process or another."""
    file = dataclasses.replace(ZIPS[domain], sources=(f"{url}/{domain}.zip",), hashes=())
    monkeypatch.setitem(ZIPS, domain, file)
    monkeypatch.setitem(domainnet.SOME, domain, dataclasses.replace(domainnet.SOME[domain], archive=file))
    for split, files in PARQUETS.items():
        parquets = tuple(dataclasses.replace(f, sources=(f"{url}/{f.name}",), hashes=(), size=None) for f in files)
        monkeypatch.setitem(PARQUETS, split, parquets)
    counts = {split: sum(amount(name, split) for name in CLASSES) for split in SPLITS}
    monkeypatch.setitem(ORIGINAL, domain, sum(counts.values()))
    for split, count in counts.items():
        monkeypatch.setitem(COUNTS, (domain, split), count)
        for kind in ("cleaned", "original"):
            source = f"{url}/{kind}/{domain}_{split}.txt"
            listed = dataclasses.replace(LISTS[kind, domain, split], sources=(source,), hashes=(), size=None)
            monkeypatch.setitem(LISTS, (kind, domain, split), listed)
