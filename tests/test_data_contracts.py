"""What every data set must do. They are found by walking the folder; what is not available is skipped."""

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
from mtl_bench.inputs.rows import Rows, digest, lengths_of
from tests.discovery import dataclasses_with

Array = np.ndarray[Any, Any]
DATA_SETS = dataclasses_with(mtl_bench.datasets, "inputs", "labels")
FIRST = 500  # rows whose content is looked at


def instances(cls: type[Any]) -> tuple[Any, ...] | str:
    """Small instances that need no network: its examples, else the one without arguments; or why there is none."""
    try:
        return tuple(cls.examples()) if hasattr(cls, "examples") else (cls(),)
    except Exception as error:
        return f"{type(error).__name__}: {error}"


EVERY = [data for cls in DATA_SETS for data in instances(cls) if not isinstance(data, str)]  # a reason is letters
every_class = pytest.mark.parametrize("cls", DATA_SETS, ids=lambda cls: cls.__name__)
every_data_set = pytest.mark.parametrize("data", EVERY, ids=lambda data: f"{type(data).__name__}-{data.name}")


def test_the_walk_finds_what_is_known_to_be_there() -> None:
    found = {cls.__name__ for cls in DATA_SETS}
    assert {"MNIST5k", "MNISTM5k", "SyntheticImages", "OfficeCaltechSURF", "SyntheticFeatures", "PerClass"} <= found


@every_class
def test_a_data_set_gives_examples(cls: type[Any]) -> None:
    found = instances(cls)
    assert not isinstance(found, str), (
        f"{cls.__name__}() can't be made ({found}); give it a classmethod examples() that returns small instances, "
        "which need no network, and these tests hold for them"
    )


@pytest.fixture(autouse=True)
def no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what is in the data folder or in MTL_BENCH_MIRROR as a folder is read."""

    def refuse(transfer: Any) -> None:
        raise DataError(f"tests do not fetch {transfer.url}")

    monkeypatch.setattr(acquire, "download", refuse)


def splits(data: Any) -> tuple[str, ...]:
    """The names of its parts."""
    names: tuple[str, ...] = getattr(data, "splits", ("train", "test"))
    return names


def fetched(data: Any) -> bool:
    """Whether it may be there; asking for what is not would leave folders and locks behind."""
    folder = getattr(data, "folder", None)
    return folder is None or "MTL_BENCH_MIRROR" in os.environ or any((data_root() / folder).rglob("*.checksum"))


def available(data: Any) -> dict[str, tuple[Rows, Array]]:
    """Inputs and labels of every split that can be read without the network."""
    found: dict[str, tuple[Rows, Array]] = {}
    for split in splits(data) if fetched(data) else ():
        with suppress(DataError):
            found[split] = data.inputs(split), data.labels(split)
    if not found:
        pytest.skip(f"{data.name} is not available; fetch it or set MTL_BENCH_MIRROR to test it")
    return found


def synthetic(data: Any) -> bool:
    """Whether its inputs are drawn from its labels; a wrapper's may be chosen by those of what it is a part of."""
    return type(data).__module__.endswith(".synthetic")


@every_class
def test_a_data_set_is_a_frozen_value(cls: type[Any]) -> None:
    found = [data for data in instances(cls) if not isinstance(data, str)]
    assert len({data.name for data in found}) == len(found)
    for data, twin in zip(found, instances(cls), strict=False):
        assert cls.__dataclass_params__.frozen
        assert data == twin
        assert hash(data) == hash(twin)
        assert describe(data)["class"] == cls.__name__
        assert len(set(data.classes)) == len(data.classes) >= 2
        assert "train" in splits(data) or splits(data) == ("all",)


def modality(rows: Rows) -> str:
    """What the dtype says, its shape and its values checked: pixels, features or tokens."""
    first = rows[:FIRST]
    if rows.dtype == np.uint8:
        assert len(rows.shape) == 4 and rows.shape[1] in (1, 3)
        assert first.std() > 1
        return "pixels"
    if rows.dtype.kind == "f":
        assert len(rows.shape) == 2
        assert np.isfinite(first).all() and first.std(0).any()
        return "features"
    assert rows.dtype == np.int64
    lengths = lengths_of(rows)
    assert lengths is not None and lengths.min() > 0
    assert ((first > 0).sum(1) == lengths[:FIRST]).all(), "0 fills the ends and stands nowhere else"
    return "tokens"


@pytest.mark.slow
@every_data_set
def test_inputs_and_labels_fit_together(data: Any) -> None:
    kinds, absent = set(), getattr(data, "absent", {})
    for split, (inputs, labels) in available(data).items():
        kinds.add(modality(inputs))
        assert len(inputs) == inputs.shape[0] == len(labels) > 0
        assert type(labels) is np.ndarray and labels.dtype == np.int64
        assert labels.shape == (len(inputs),)
        names = set(data.classes) - set(absent.get(split, ()))
        assert {data.classes[label] for label in np.unique(labels)} == names, "every class but those known to be absent"
    assert len(kinds) == 1, "one modality"


@every_data_set
def test_inputs_are_read_by_slice_and_by_index(data: Any) -> None:
    for inputs, _ in available(data).values():
        first, index = inputs[:20], np.array([7, 3, 3])
        assert isinstance(first, np.ndarray) and first.dtype == inputs.dtype
        chosen = inputs[index]
        width = slice(None) if lengths_of(inputs) is None else slice(chosen.shape[1])
        assert np.array_equal(chosen, first[index][:, width])


@every_data_set
def test_a_prefix_stands_for_the_whole(data: Any) -> None:
    """Checkpoints are measured on the first rows of a set, so they may not lie sorted by class."""
    for _, labels in available(data).values():
        prefix = labels[: max(len(labels) // 10, 3 * len(data.classes))]
        assert len(np.unique(prefix)) > len(data.classes) / 2


@every_data_set
def test_an_unknown_split_is_refused_with_a_sentence(data: Any) -> None:
    for ask in (data.inputs, data.labels):
        with pytest.raises(ValueError, match=r"(?s)no split 'trian'.*(train|all)") as refusal:
            ask("trian")
        assert getattr(data, "of", data).name in str(refusal.value)
        assert "\n" not in str(refusal.value)


@every_data_set
def test_inputs_are_read_without_labels(data: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    if synthetic(data):
        pytest.skip("synthetic inputs are drawn from their labels")
    before = {split: np.array(inputs[:FIRST]) for split, (inputs, _) in available(data).items()}

    def poisoned(self: Any, split: str) -> None:
        raise AssertionError(f"{data.name} reads labels to give inputs")

    monkeypatch.setattr(type(data), "labels", poisoned)
    for split, expected in before.items():
        assert np.array_equal(data.inputs(split)[:FIRST], expected)


@every_data_set
def test_splits_do_not_share_rows_and_differ_in_their_digests(data: Any) -> None:
    """A test row in the training split would be the plainest leak; "all" is both by name."""
    found = available(data)
    same = hasattr(data, "pool") and type(data).__name__ == "Transductive"  # the protocol of one set for both
    digests = {digest(inputs) for inputs, _ in found.values()}
    assert len(digests) == (1 if same else len(found)), "a digest names one content"
    if same or not {"train", "test"} <= found.keys() or lengths_of(found["train"][0]) is not None:
        pytest.skip(f"{data.name} has no two splits here that could share rows")
    rows = {split: {x.tobytes() for x in found[split][0][:20000]} for split in ("train", "test")}
    both = rows["train"] & rows["test"]
    known = getattr(data, "repeated", 0)  # as published, where its docstring says so
    assert len(both) <= max(0.01 * len(rows["test"]), known), f"{len(both)} test rows are training rows too"


def fingerprint(inputs: Rows, labels: Array) -> str:
    """The digests, and that of the first rows."""
    first = hashlib.sha256(np.ascontiguousarray(inputs[:FIRST]).tobytes() + labels.tobytes()).hexdigest()
    return f"{digest(inputs)} {digest(labels)} {first}"


def fingerprints(only: Sequence[str] | None = None) -> dict[str, str]:
    """The fingerprints of what is available, or of these alone."""
    found = {}
    for data in EVERY:
        for split in splits(data):
            name = f"{type(data).__name__} {data.name} {split}"
            if name in only if only is not None else fetched(data):
                with suppress(DataError):
                    found[name] = fingerprint(data.inputs(split), data.labels(split))
    return found


@pytest.mark.slow
def test_another_process_reads_the_same_rows() -> None:
    expected = fingerprints()
    assert "MNISTM5k mnist-m-5k test" in expected
    code = (
        "import json, sys, tests.test_data_contracts as c; print(json.dumps(c.fingerprints(json.loads(sys.argv[1]))))"
    )
    command = [sys.executable, "-c", code, json.dumps(list(expected))]
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    root = Path(inspect.getfile(mtl_bench.datasets)).parents[2]
    elsewhere = subprocess.run(command, env=environment, cwd=root, capture_output=True, text=True, check=False)
    assert elsewhere.returncode == 0, elsewhere.stderr
    assert json.loads(elsewhere.stdout) == expected
