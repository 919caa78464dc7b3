"""What every data set must do. They are found by walking the folder; what is not at hand is skipped."""

from __future__ import annotations

import hashlib
import inspect
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import mtl_bench.datasets
from mtl_bench.core.trial import describe
from mtl_bench.datasets.files import acquire
from mtl_bench.datasets.files.placed import DataError, data_root
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.wrappers.classes import Classes, PerClass
from mtl_bench.datasets.wrappers.sample import Sample
from tests.discovery import dataclasses_with

Array = np.ndarray[Any, Any]
DATA_SETS = dataclasses_with(mtl_bench.datasets, "inputs", "labels")
FEATURE_SETS = [cls for cls in DATA_SETS if getattr(cls, "splits", ()) == ("all",)]
DATA_SETS = [cls for cls in DATA_SETS if cls not in FEATURE_SETS]


def test_the_walk_finds_what_is_known_to_be_there() -> None:
    assert {"MNIST5k", "MNISTM5k", "SyntheticImages"} <= {cls.__name__ for cls in DATA_SETS}
    assert {"OfficeCaltechSURF", "SyntheticFeatures"} <= {cls.__name__ for cls in FEATURE_SETS}


PARTS: dict[type[Any], Any] = {  # of another data set
    Sample: Sample(SyntheticImages(), 40, seed=1),
    Classes: Classes(SyntheticImages(), "some classes", SyntheticImages.classes[1:]),
    PerClass: PerClass(SyntheticImages(), train=20, test=10, seed=1, pool="train"),
}


def instances(cls: type[Any]) -> list[Any]:
    """All its variants where it lists them, else the default one."""
    if cls in PARTS:
        return [PARTS[cls]]
    return list(cls.every()) if hasattr(cls, "every") else [cls()]


EVERY = [data for cls in DATA_SETS for data in instances(cls)]
EVERY_FEATURES = [data for cls in FEATURE_SETS for data in instances(cls)]
every_feature_set = pytest.mark.parametrize(
    "data", EVERY_FEATURES, ids=lambda data: f"{type(data).__name__}-{data.name}"
)
every_data_set = pytest.mark.parametrize("data", EVERY, ids=lambda data: f"{type(data).__name__}-{data.name}")


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is in the data folder or in MTL_BENCH_MIRROR as a folder is read."""

    def refuse(source: str, *_: object) -> None:
        raise DataError(f"tests do not fetch {source}")

    monkeypatch.setattr(acquire, "download", refuse)


def splits(data: Any) -> tuple[str, ...]:
    """The names of its parts."""
    names: tuple[str, ...] = getattr(data, "splits", ("train", "test"))
    return names


def splits_at_hand(data: Any) -> dict[str, tuple[Array, Array]]:
    """Images and labels of every split that can be read without the network."""
    found: dict[str, tuple[Array, Array]] = {}
    for split in splits(data) if fetched(data) else ():
        with suppress(DataError):
            found[split] = data.inputs(split), data.labels(split)
    if not found:
        pytest.skip(f"{data.name} is not at hand; fetch it or set MTL_BENCH_MIRROR to test it")
    return found


def fetched(data: Any) -> bool:
    """Whether it may be there; asking for what is not would leave folders and locks behind."""
    folder = getattr(data, "folder", None)
    return folder is None or "MTL_BENCH_MIRROR" in os.environ or any((data_root() / folder).rglob("*.seal"))


def features_at_hand(data: Any) -> tuple[Array, Array]:
    """Features and labels, where they can be read without the network."""
    if fetched(data):
        with suppress(DataError):
            return data.inputs("all"), data.labels()
    pytest.skip(f"{data.name} is not at hand; fetch it or set MTL_BENCH_MIRROR to test it")


def fingerprint(*arrays: Array) -> str:
    """A digest of the first 500 rows of each."""
    return hashlib.sha256(b"".join(np.ascontiguousarray(array[:500]).tobytes() for array in arrays)).hexdigest()


@pytest.mark.parametrize("cls", [*DATA_SETS, *FEATURE_SETS], ids=lambda cls: cls.__name__)
def test_a_data_set_is_a_frozen_value(cls: type[Any]) -> None:
    names = [data.name for data in instances(cls)]
    assert len(set(names)) == len(names)
    for data, twin in zip(instances(cls), instances(cls), strict=True):
        assert cls.__dataclass_params__.frozen
        assert data == twin
        assert hash(data) == hash(twin)
        assert describe(data)["class"] == cls.__name__
        assert len(set(data.classes)) == len(data.classes) >= 2
        assert "train" in splits(data) or cls in FEATURE_SETS


@every_data_set
def test_images_and_labels_fit_together(data: Any) -> None:
    for pixels, labels in splits_at_hand(data).values():
        assert pixels.dtype == np.uint8
        assert pixels.ndim == 4
        assert pixels.shape[1] in (1, 3)
        assert labels.dtype == np.int64
        assert labels.shape == (len(pixels),)
        assert len(pixels) > 0
        assert set(np.unique(labels)) == set(range(len(data.classes))), "every class, counted from 0"
        assert pixels[:500].std() > 1


@every_feature_set
def test_features_and_labels_fit_together(data: Any) -> None:
    features, labels = features_at_hand(data)
    assert features.dtype == np.float64
    assert features.ndim == 2
    assert labels.dtype == np.int64
    assert labels.shape == (len(features),)
    assert set(np.unique(labels)) == set(range(len(data.classes))), "every class, counted from 0"
    assert np.isfinite(features).all()
    assert features.std(0).any()
    prefix = labels[: max(len(labels) // 10, 3 * len(data.classes))]
    assert len(np.unique(prefix)) > len(data.classes) / 2, "not sorted by class"


@every_feature_set
def test_features_are_read_without_labels(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if type(data).__module__.endswith(".synthetic"):
        pytest.skip("synthetic features are drawn from their labels")
    before = np.array(features_at_hand(data)[0])

    def poisoned(self: Any) -> None:
        raise AssertionError(f"{data.name} reads labels to give features")

    monkeypatch.setattr(type(data), "labels", poisoned)
    assert np.array_equal(data.inputs("all"), before)


@every_data_set
def test_a_prefix_stands_for_the_whole(data: Any) -> None:
    """Candidates are measured on the first images of a set, so they may not lie sorted by class."""
    for _, labels in splits_at_hand(data).values():
        prefix = labels[: max(len(labels) // 10, 3 * len(data.classes))]
        assert len(np.unique(prefix)) > len(data.classes) / 2


@every_data_set
def test_an_unknown_split_is_refused_with_a_sentence(data: Any) -> None:
    for ask in (data.inputs, data.labels):
        with pytest.raises(ValueError, match=r"(?s)no split 'trian'.*train") as refusal:
            ask("trian")
        assert getattr(data, "of", data).name in str(refusal.value)
        assert "\n" not in str(refusal.value)


@every_data_set
def test_images_are_read_without_labels(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if type(data).__module__.endswith(".synthetic"):
        pytest.skip("synthetic images are drawn from their labels")
    before = {split: np.array(pixels[:500]) for split, (pixels, _) in splits_at_hand(data).items()}

    def poisoned(self: Any, split: str) -> None:
        raise AssertionError(f"{data.name} reads labels to give images")

    monkeypatch.setattr(type(data), "labels", poisoned)
    for split, expected in before.items():
        assert np.array_equal(data.inputs(split)[:500], expected)


@every_data_set
def test_splits_do_not_share_images(data: Any) -> None:
    """A test image in the training split would be the plainest leak; "all" is both by name."""
    found = splits_at_hand(data)
    if not {"train", "test"} <= found.keys():
        pytest.skip(f"{data.name}: one of its splits is not at hand")
    hashes = {split: {x.tobytes() for x in found[split][0][:20000]} for split in ("train", "test")}
    both = hashes["train"] & hashes["test"]
    assert len(both) <= 0.01 * len(hashes["test"]), f"{len(both)} test images are training images too"


def fingerprints(only: Sequence[str] | None = None) -> dict[str, str]:
    """The fingerprints of what is at hand, or of these alone."""
    found = {}
    for data in EVERY:
        for split in splits(data):
            name = f"{data.name} {split}"
            if name in only if only is not None else fetched(data):
                with suppress(DataError):
                    found[name] = fingerprint(data.inputs(split), data.labels(split))
    for data in EVERY_FEATURES:
        if data.name in only if only is not None else fetched(data):
            with suppress(DataError):
                found[data.name] = fingerprint(data.inputs("all"), data.labels())
    return found


def test_another_process_reads_the_same_images() -> None:
    expected = fingerprints()
    assert "mnist-m-5k test" in expected
    code = (
        "import json, sys, tests.test_data_contracts as c; print(json.dumps(c.fingerprints(json.loads(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", code, json.dumps(list(expected))]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    root = Path(inspect.getfile(mtl_bench.datasets)).parents[2]
    elsewhere = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert json.loads(elsewhere.stdout) == expected
