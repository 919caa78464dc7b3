"""PneumoniaMNIST from a file of the published layout, and, where there is a mirror, from a real one."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.datasets import pneumonia_mnist
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.pneumonia_mnist import ORIGINAL, PneumoniaMNIST
from tests.datasets.test_real_data import nearest_mean_accuracy

COUNTS = {"train": 12, "val": 524, "test": 624}


def published(first: int = 0) -> bytes:
    """The arrays of a published file: each image has one level, an even one where it is normal; labels lie in order."""
    arrays = {}
    for part, count in COUNTS.items():
        labels = np.sort(np.arange(count) % 2).astype(np.uint8)[:, None]
        levels = 2 * (np.arange(count) % 100) + labels[:, 0] + first
        arrays[f"{part}_images"] = np.broadcast_to(levels[:, None, None], (count, 28, 28)).astype(np.uint8)
        arrays[f"{part}_labels"] = labels
    made = io.BytesIO()
    np.savez_compressed(made, allow_pickle=False, **arrays)
    return made.getvalue()


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Few training images, and digests of nothing."""
    for variant, file in list(pneumonia_mnist.FILES.items()):
        monkeypatch.setitem(pneumonia_mnist.FILES, variant, dataclasses.replace(file, hashes=(), size=None, sources=()))
        monkeypatch.setitem(pneumonia_mnist.TRAIN, variant, COUNTS["train"])


@pytest.fixture
def mirrored(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, bytes], None]:
    """Puts a file into the folder of a mirror."""
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))

    def put(name: str, content: bytes) -> None:
        path = tmp_path / "mirror" / "pneumonia_mnist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return put


@pytest.mark.parametrize("variant", PneumoniaMNIST.variants)
def test_each_image_keeps_its_label_and_rows_are_mixed(
    variant: str, small: None, mirrored: Callable[[str, bytes], None]
) -> None:
    mirrored("pneumoniamnist.npz", published())
    data = PneumoniaMNIST(variant)
    for split, part in (("train", "train"), ("validation", "val"), ("test", "test")):
        images, labels = np.asarray(data.inputs(split)), data.labels(split)
        assert images.shape == (COUNTS[part], 1, 28, 28) and labels.dtype == np.int64
        assert np.array_equal(images[:, 0, 5, 7] % 2, labels)
        assert labels.tolist() != sorted(labels)
        assert sorted(labels) == sorted(np.arange(COUNTS[part]) % 2)
    with pytest.raises(ValueError, match="has no split 'val'; it has train, validation, test"):
        data.inputs("val")


def test_the_variants_lie_beside_each_other_though_mirrors_name_them_alike(
    small: None, mirrored: Callable[[str, bytes], None]
) -> None:
    mirrored("pneumoniamnist.npz", published(first=20))
    part = PneumoniaMNIST("388-normal").inputs("train")[:]
    mirrored("pneumoniamnist.npz", published())
    assert np.array_equal(PneumoniaMNIST().inputs("train")[:], part - 20)
    assert len({data.name for data in PneumoniaMNIST.examples()}) == 2


def test_its_own_name_in_a_mirror_comes_first(small: None, mirrored: Callable[[str, bytes], None]) -> None:
    mirrored("pneumoniamnist.npz", published())
    mirrored("pneumoniamnist_388_normal.npz", published(first=20))
    assert PneumoniaMNIST("388-normal").inputs("train")[:].min() >= 20


@pytest.mark.parametrize("variant", PneumoniaMNIST.variants)
def test_another_content_under_the_name_is_refused(
    variant: str, mirrored: Callable[[str, bytes], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    kept = dataclasses.replace(pneumonia_mnist.FILES[variant], sources=())
    monkeypatch.setitem(pneumonia_mnist.FILES, variant, kept)
    mirrored("pneumoniamnist.npz", published())
    with pytest.raises(DataError, match=r"pneumoniamnist\.npz has another (md5|sha256)"):
        PneumoniaMNIST(variant).inputs("test")


def test_the_source_is_the_one_of_medmnists_page() -> None:
    assert ORIGINAL.sources == (f"{ORIGINAL.page}/files/{ORIGINAL.name}",)
    assert ORIGINAL.trust(ORIGINAL.sources[0]) == "md5"


def test_the_real_file_has_what_the_variant_is_called_after(mirror: Path) -> None:
    data = PneumoniaMNIST("388-normal")
    counts = {split: np.bincount(data.labels(split)).tolist() for split in data.splits}
    assert counts == {"train": [388, 3494], "validation": [135, 389], "test": [234, 390]}
    assert data.inputs("test").shape == (624, 1, 28, 28)
    assert nearest_mean_accuracy(np.asarray(data.inputs("validation")), data.labels("validation"), 2) > 75


def test_eight_validation_images_of_the_real_file_are_training_images_too(mirror: Path) -> None:
    data = PneumoniaMNIST("388-normal")
    rows = {split: {image.tobytes() for image in data.inputs(split)[:]} for split in data.splits}
    assert len(rows["train"] & rows["validation"]) == 8
    assert not (rows["train"] | rows["validation"]) & rows["test"]
