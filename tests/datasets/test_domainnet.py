"""DomainNet from a local server with lists and archives of its shape: its images can be had from nowhere else here."""

from __future__ import annotations

import dataclasses
import os
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

from mtl_bench.__main__ import app
from mtl_bench.datasets import domainnet
from mtl_bench.datasets.domainnet import DomainNet
from mtl_bench.datasets.domainnet_lists import (
    BASE,
    CLASSES,
    CLASSES_40,
    CLASSES_126,
    CLEANED,
    DOMAINS,
    LISTS,
    ORIGINAL,
    ZIPS,
)
from mtl_bench.datasets.files.encoded import EncodedRows
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.execution import estimate
from mtl_bench.inputs.rows import digest
from tests.datasets.command import ROOT
from tests.datasets.domainnet_like import SIDE, SPLITS, few, rows, serve, text, told
from tests.datasets.domainnet_of_real_size import DOMAIN, amounts
from tests.datasets.faulty_server import Server

PUBLISHED = {  # of the cleaned release, by domain
    "clipart": 48_129,
    "infograph": 51_605,
    "painting": 72_266,
    "quickdraw": 172_500,
    "real": 172_947,
    "sketch": 69_128,
}


def test_the_cleaned_lists_have_the_published_counts() -> None:
    totals: Counter[str] = Counter()
    for domain, _, count, *_ in CLEANED:
        totals[domain] += count
    assert totals == PUBLISHED and sum(totals.values()) == 586_575
    assert sum(ORIGINAL.values()) == 596_010
    assert all(ORIGINAL[domain] >= PUBLISHED[domain] for domain in DOMAINS), "cleaning only left out"


def test_classes_are_in_the_lists_order_and_subsets_keep_it() -> None:
    assert (len(CLASSES), len(CLASSES_126), len(CLASSES_40)) == (345, 126, 40)
    assert (CLASSES[0], CLASSES[308], CLASSES[-1]) == ("aircraft_carrier", "The_Eiffel_Tower", "zigzag")
    for some in (CLASSES_126, CLASSES_40):
        numbers = [CLASSES.index(name) for name in some]
        assert numbers == sorted(set(numbers))
    for data in DomainNet.examples():
        assert len(data.classes) == {"126-classes": 126, "40-classes": 40}.get(data.variant, 345)


def test_clipart_and_painting_come_from_the_folder_with_labels() -> None:
    """Beside it lie archives of the same names, those of a challenge."""
    for domain in DOMAINS:
        folder = f"{BASE}/groundtruth" if domain in ("clipart", "painting") else BASE
        assert ZIPS[domain].sources == (f"{folder}/{domain}.zip",)
        for split in SPLITS:
            assert LISTS["original", domain, split].sources == (f"{folder}/txt/{domain}_{split}.txt",)
            cleaned = LISTS["cleaned", domain, split]
            assert cleaned.sources[0] == f"{BASE}/domainnet/txt/{domain}_{split}.txt"
            assert any(re.fullmatch("md5:[0-9a-f]{32}", one) for one in cleaned.hashes)


def test_126_classes_are_of_four_domains() -> None:
    assert [data.domain for data in DomainNet.examples() if data.variant == "126-classes"] == [
        "clipart",
        "painting",
        "real",
        "sketch",
    ]
    with pytest.raises(ValueError, match="domainnet of 126 classes has no quickdraw; it has clipart, painting, real"):
        DomainNet("quickdraw", "126-classes")
    assert DomainNet("real", "40-classes").name == "domainnet-real-40-classes"


def check(data: DomainNet, most: dict[str, int] | None = None) -> None:
    """Every image is of its label, and a split has the images of its list, or the first of each class."""
    for split in SPLITS:
        images, labels = data.inputs(split), data.labels(split)
        assert images.shape == (data.counts[split], 3, SIDE, SIDE) and len(labels) == len(images)
        found: Counter[Any] = Counter()
        for image, label in zip(images[:], labels, strict=True):
            official, number, of = told(image)
            assert CLASSES[official] == data.classes[label] and of == split
            found[official, number] += 1
        expected: Counter[Any] = Counter()
        seen: Counter[int] = Counter()
        for _, label, number in rows(data.domain, split):
            seen[label] += 1
            if CLASSES[label] in data.classes and (most is None or seen[label] <= most[split]):
                expected[label, number % 256] += 1
        assert found == expected
        assert len(np.unique(labels[:200])) > min(100, len(data.classes) / 2), "in a random order"


@pytest.mark.slow
def test_a_domain_is_read_from_its_archive(server: Server, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(server, monkeypatch, "clipart")
    data = DomainNet("clipart", size=SIDE)
    data.fetch()
    fetched = len(server.requests)
    check(data)
    assert set(data.labels("train")) == set(range(345))
    for variant in ("126-classes", "original", "40-classes"):
        other = dataclasses.replace(data, variant=variant)
        check(other, domainnet.MOST if variant == "40-classes" else None)
    paths = {request.path for request in server.requests[fetched:]}
    assert paths == {"/original/clipart_train.txt", "/original/clipart_test.txt"}, "the archive serves every variant"


@pytest.mark.slow
def test_40_classes_need_a_part_of_the_archive(server: Server, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(server, monkeypatch, "clipart")
    monkeypatch.setattr("mtl_bench.datasets.files.members.GAP", 100)
    monkeypatch.setattr("mtl_bench.datasets.files.remote.AHEAD", 100)
    data = DomainNet("clipart", "40-classes", size=SIDE)
    data.fetch()
    assert not (root / "domainnet" / "clipart.zip").exists()
    assert all(request.range for request in server.gets("/clipart.zip"))
    check(data, domainnet.MOST)
    assert np.bincount(data.labels("train"))[:3].tolist() == [70, 2, 40]
    assert np.bincount(data.labels("test"))[:3].tolist() == [30, 1, 17]
    first = {split: digest(data.inputs(split)) for split in SPLITS}
    monkeypatch.setenv("MTL_BENCH_DATA", str(root / "again"))
    assert {split: digest(data.inputs(split)) for split in SPLITS} == first, "the lists alone decide which"


@pytest.mark.slow
def test_a_host_without_ranges_is_not_asked_for_gigabytes(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(server, monkeypatch, "sketch")
    server.served["/sketch.zip"].ranges = False
    data = DomainNet("sketch", "40-classes", size=SIDE)
    with pytest.raises(DataError, match=r"sketch\.zip gives files as a whole only.*`mtl-bench data fetch domainnet`"):
        data.fetch()
    DomainNet("sketch").fetch()  # as the sentence says
    data.fetch()
    check(data, domainnet.MOST)


@pytest.mark.slow
def test_large_splits_are_kept_as_files_with_the_same_values(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(server, monkeypatch, "real")
    data = DomainNet("real", size=SIDE)
    decoded = {split: (data.inputs(split)[:], data.labels(split)) for split in SPLITS}
    monkeypatch.setattr(domainnet, "IN_MEMORY", 1_000)
    for split, (images, labels) in decoded.items():
        encoded = data.inputs(split)
        assert isinstance(encoded.array, EncodedRows)
        assert np.array_equal(encoded[:], images) and np.array_equal(data.labels(split), labels)
    larger = dataclasses.replace(data, size=2 * SIDE)
    assert larger.inputs("test").shape == (data.counts["test"], 3, 2 * SIDE, 2 * SIDE)
    assert len(list((root / "domainnet" / "arrays").glob("*.arrow"))) == 2, "one for every size"


@pytest.mark.slow
def test_verify_knows_the_images_and_the_members(server: Server, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(server, monkeypatch, "clipart")
    monkeypatch.setattr(domainnet, "IN_MEMORY", 0)
    DomainNet("clipart", "40-classes", size=SIDE).fetch()
    DomainNet("clipart", size=SIDE).inputs("test")
    done = CliRunner().invoke(app, ["data", "verify"])
    whole = root / "domainnet" / "clipart-40-classes"
    arrow = next((root / "domainnet" / "arrays").glob("*.arrow"))
    assert done.exit_code == 0 and f"whole  {arrow}" in done.stdout and f"whole  {whole}\n" in done.stdout
    for path in (arrow, next(whole.rglob("*.png"))):
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 1
        path.write_bytes(content)
    done = CliRunner().invoke(app, ["data", "verify"])
    assert done.exit_code == 1 and f"DAMAGED  {arrow}" in done.stdout and f"DAMAGED  {whole}\n" in done.stdout


def test_painting_lacks_a_class_in_each_list(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    lacks = {("t-shirt", "train"), ("syringe", "test")}
    assert {(name, split) for split, names in DomainNet("painting").absent.items() for name in names} == lacks
    serve(server, monkeypatch, "painting", amount=lambda name, split: 0 if (name, split) in lacks else few(name, split))
    data = DomainNet("painting", size=SIDE)
    for name, split in lacks:
        assert set(range(345)) - set(data.labels(split)) == {CLASSES.index(name)}


@pytest.mark.parametrize(
    ("harm", "reason"),
    [
        (lambda lines: lines[:-1], "it has 399 images where 400 were expected"),
        (lambda lines: [*lines[:-1], lines[0]], "it names an image twice"),
        (lambda lines: ["clipart/../../../etc/passwd 0", *lines[1:]], "line 1 names no image of clipart"),
        (lambda lines: ["sketch/aircraft_carrier/a.png 0", *lines[1:]], "line 1 names no image of clipart"),
        (lambda lines: [*lines[:5], lines[5].rpartition(" ")[0] + " 345", *lines[6:]], "line 6 names no image"),
        (lambda lines: [lines[0].replace(" 0", " 1"), *lines[1:]], "with the number of its class"),
        (lambda lines: ["<html>", *lines], "is a web page"),
        (lambda lines: [], "has 0 bytes"),
    ],
)
def test_a_list_that_is_not_the_official_one_is_one_sentence(
    server: Server, root: Path, monkeypatch: pytest.MonkeyPatch, harm: Any, reason: str
) -> None:
    serve(server, monkeypatch, "clipart")
    lines = harm(text("clipart", "test").decode().splitlines())
    server.served["/cleaned/clipart_test.txt"].content = "".join(f"{line}\n" for line in lines).encode()
    with pytest.raises(DataError, match=re.escape(reason)) as refusal:
        DomainNet("clipart", size=SIDE).labels("test")
    assert "\n" not in str(refusal.value)


def test_other_totals_of_the_first_release_are_refused(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(server, monkeypatch, "clipart")
    monkeypatch.setitem(ORIGINAL, "clipart", 48_837)
    with pytest.raises(DataError, match=r"original lists of clipart have 1,.* images where 48,837 were expected"):
        DomainNet("clipart", "original", size=SIDE).labels("train")


def test_an_archive_that_lacks_an_image_is_one_sentence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    serve(server, monkeypatch, "clipart")
    server.served["/cleaned/clipart_test.txt"].content = text("clipart", "test").replace(b"_001_test", b"_001_other")
    for variant in ("cleaned", "126-classes"):
        with pytest.raises(DataError, match=r"clipart\.zip is no whole zip archive of DomainNet \(.*remove it and"):
            DomainNet("clipart", variant, size=SIDE).inputs("test")


@pytest.mark.slow
def test_a_domain_of_real_size_takes_little_memory(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clipart's 48,129 images, invented and tiny: fetched, indexed and read, in part, as a whole and as 126 classes."""

    def peak(share: int) -> tuple[int, int]:
        with monkeypatch.context() as patch:
            serve(server, patch, DOMAIN, amount=amounts(share))
        command = [sys.executable, "-m", "tests.datasets.domainnet_of_real_size", server.url, str(share)]
        environment = {**os.environ, "MTL_BENCH_DATA": str(tmp_path / f"share-{share}")}
        run = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
        assert run.returncode == 0, run.stderr
        images, most = map(int, run.stdout.split())
        return images, most

    _, small = peak(40)
    images, whole = peak(1)
    assert images == PUBLISHED[DOMAIN]
    assert whole < estimate.MEMORY
    assert whole - small < 100_000_000, "the archive's directory and the lists, not the images"
