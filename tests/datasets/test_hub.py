"""Data sets of the Hugging Face hub, from folders that its library reads without a network."""

from __future__ import annotations

import io
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import datasets
import numpy as np
import pytest
from PIL import Image

from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.hub import HubImages
from mtl_bench.datasets.hub_text import HubText
from mtl_bench.inputs.rows import Tokens, digest
from tests.test_data_contracts import modality

COMMIT = "0123456789abcdef" * 2 + "01234567"
COLOURS = {"cat": (200, 0, 0), "dog": (0, 0, 200)}


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A cache of its own; nothing is asked of the network."""
    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    monkeypatch.setattr(datasets.config, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)


def png(name: str) -> bytes:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), COLOURS[name]).save(made, "PNG")
    return made.getvalue()


def repository(folder: Path, **columns: Callable[[str, int], Any]) -> Path:
    """A folder of parquet files with 12 training and 6 test rows, cats and dogs in turn."""
    names = datasets.ClassLabel(names=["dog", "cat"])
    for split, count in (("train", 12), ("test", 6)):
        rows = [("cat", "dog")[i % 2] for i in range(count)]
        content = {key: [make(name, i) for i, name in enumerate(rows)] for key, make in columns.items()}
        table = datasets.Dataset.from_dict({**content, "kind": [names.str2int(name) for name in rows]})
        table = table.cast_column("kind", names)
        if "picture" in columns:
            table = table.cast_column("picture", datasets.Image(decode=False))
        (folder / "data").mkdir(parents=True, exist_ok=True)
        table.to_parquet(folder / "data" / f"{split}-00000-of-00001.parquet")
    return folder


@pytest.fixture
def images(tmp_path: Path) -> HubImages:
    path = repository(tmp_path / "pets", picture=lambda name, i: {"bytes": png(name), "path": None})
    return HubImages(str(path), COMMIT, ("cat", "dog"), "picture", "kind", size=16)


@pytest.fixture
def text(tmp_path: Path) -> HubText:
    path = repository(tmp_path / "talk", text=lambda name, i: f"The {name} {'sat, ' * i}It's {i}!" if i != 4 else "…")
    return HubText(str(path), COMMIT, ("cat", "dog"), "text", "kind", words=5)


def test_images_and_their_labels(images: HubImages) -> None:
    for split, count in (("train", 12), ("test", 6)):
        pixels, labels = images.inputs(split), images.labels(split)
        assert pixels.shape == (count, 3, 16, 16)
        assert np.bincount(labels).tolist() == [count / 2] * 2
        for image, label in zip(pixels, labels, strict=True):
            assert image.mean((1, 2)).tolist() == list(COLOURS[images.classes[label]]), (
                "by name, not by the hub's number"
            )
    assert digest(images.inputs("train")) != digest(images.inputs("test"))
    with pytest.raises(ValueError, match="has no split 'trian'; it has train, test"):
        images.inputs("trian")


def test_what_is_decoded_needs_the_hub_no_more(images: HubImages, monkeypatch: pytest.MonkeyPatch) -> None:
    images.fetch()
    monkeypatch.setattr(datasets, "load_dataset", lambda *_, **__: pytest.fail("it is decoded already"))
    assert len(images.inputs("test")) == len(images.labels("test")) == 6


def test_a_folder_of_images_and_a_part_of_a_split(tmp_path: Path) -> None:
    for split in ("train", "test"):
        for i, name in enumerate(("cat", "dog", "cat")):
            path = tmp_path / "folder" / split / name / f"{i}.png"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(png(name))
    data = HubImages(str(tmp_path / "folder"), COMMIT, ("dog", "cat"), size=8, test="train[:2]")
    assert sorted(data.labels("train").tolist()) == [0, 1, 1]
    assert data.inputs("test").shape == (2, 3, 8, 8)


def test_text_becomes_the_most_frequent_words_of_training(text: HubText) -> None:
    rows = text.inputs("train")
    assert isinstance(rows, Tokens)
    assert modality(rows) == "tokens"
    # Of 11 texts with words: sat 62, it's 11, the 11, cat 5, dog 6; numbers come once each.
    expected = {"sat": 2, "it's": 3, "the": 4, "dog": 5, "cat": 6}
    assert sorted(rows.lengths.tolist()) == sorted([1, *(4 + i for i in range(12) if i != 4)])
    found = {tuple(row[row > 0].tolist()) for row in rows[:]}
    assert (expected["the"], expected["cat"], expected["it's"], 1) in found
    assert (expected["the"], expected["dog"], *[2] * 11, expected["it's"], 1) in found
    assert (1,) in found, "a text without words"
    assert rows.values.max() == 6, "five words"


def test_labels_that_are_no_declared_class_are_one_sentence(images: HubImages) -> None:
    other = HubImages(images.path, COMMIT, ("cat", "bird"), "picture", "kind")
    with pytest.raises(DataError, match=r"pets: kind 'dog' of train is none of the classes cat, bird"):
        other.labels("train")


@pytest.mark.parametrize("revision", ["", "main", "v1.0", "0123456", COMMIT.upper(), COMMIT + "\n"])
def test_a_branch_is_refused(revision: str) -> None:
    with pytest.raises(ValueError, match=r"ylecun/mnist needs a commit of 40 hex digits.*a branch changes"):
        HubImages("ylecun/mnist", revision, ("0", "1"))


def test_without_a_network_one_sentence_names_the_set_and_the_remedy() -> None:
    for ask in (HubImages("ylecun/mnist", COMMIT, ("0", "1")).inputs, HubText("some/text", COMMIT, ("0", "1")).labels):
        with pytest.raises(DataError) as refusal:
            ask("train")
        sentence = str(refusal.value)
        assert "\n" not in sentence
        assert "cannot be had from the Hugging Face hub" in sentence
        assert ("ylecun/mnist" in sentence or "some/text" in sentence) and "check the network" in sentence


def test_a_column_that_is_not_there_is_one_sentence(images: HubImages) -> None:
    with pytest.raises(DataError, match=r"pets at 0123456 cannot be had .*columns"):
        HubImages(images.path, COMMIT, ("cat", "dog"), "photo", "kind").inputs("train")


def test_a_damaged_image_is_named(tmp_path: Path) -> None:
    path = repository(
        tmp_path / "pets", picture=lambda name, i: {"bytes": png(name)[: 40 if i == 3 else None], "path": None}
    )
    with pytest.raises(DataError, match=r"image 3 of train, is no whole image"):
        HubImages(str(path), COMMIT, ("cat", "dog"), "picture", "kind").inputs("train")


def test_without_the_library_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)
    with pytest.raises(DataError, match=r"which is not installed; pip install 'mtl-bench\[hub\]'"):
        HubImages("someone/cats", "0" * 40, ("cat", "dog"), size=8).labels("train")
