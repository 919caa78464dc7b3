"""CheXpert as it is placed by hand: a miniature of its layout, as a folder and as its archive."""

from __future__ import annotations

import csv
import dataclasses
import io
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mtl_bench.datasets import chexpert
from mtl_bench.datasets.chexpert import FINDINGS, PAGE, CheXpert
from mtl_bench.execution import data_catalogue, estimate
from tests.datasets.test_imagenet import refused
from tests.datasets.test_placing import zipped

TOP = "CheXpert-v1.0-small"
HEADER = (
    "Path,Sex,Age,Frontal/Lateral,AP/PA,No Finding,Enlarged Cardiomediastinum,Cardiomegaly,Lung Opacity,Lung Lesion,"
    "Edema,Consolidation,Pneumonia,Atelectasis,Pneumothorax,Pleural Effusion,Pleural Other,Fracture,Support Devices"
)
LABELS = {
    "train": ("1.0", "0.0", "-1.0", "", "1.0", "0.0", "1.0", "0.0"),  # of pleural effusion, patient by patient
    "valid": ("0.0", "1.0", "1.0"),
}
KNOWN = {"train": 6, "valid": 3}
SHADES = {"1.0": 200, "0.0": 100, "-1.0": 30, "": 10}


def xray(shade: int, width: int = 39, height: int = 32) -> bytes:
    """A grey JPEG, darker by 60 in its left quarter."""
    levels = np.full((height, width), shade, np.uint8)
    levels[:, : width // 4] -= min(shade, 60)
    made = io.BytesIO()
    Image.fromarray(levels).save(made, "JPEG", quality=95)
    return made.getvalue()


def content() -> dict[str, bytes]:
    """Two lists and their images: of each patient a frontal one with its label's shade, of the first a lateral one."""
    files = {}
    for part, labels in LABELS.items():
        text = io.StringIO()
        table = csv.DictWriter(text, HEADER.split(","))
        table.writeheader()
        for patient, label in enumerate(labels, 1 if part == "train" else 64_541):
            for view in ("frontal", "lateral")[: 2 if patient == 1 else 1]:
                path = f"{TOP}/{part}/patient{patient:05}/study1/view1_{view}.jpg"
                files[path] = xray(SHADES[label] if view == "frontal" else 250)
                row = {"Path": path, "Sex": "Female", "Age": 68, "Frontal/Lateral": view.title(), "AP/PA": "AP"}
                opposite = {"1.0": "0.0", "0.0": "1.0"}.get(label, label)
                table.writerow({**row, "Pleural Effusion": label, "Edema": opposite})
        files[f"{TOP}/{part}.csv"] = text.getvalue().encode()
    return files


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> CheXpert:
    monkeypatch.setattr(chexpert, "TREE", dataclasses.replace(chexpert.TREE, count=12))
    monkeypatch.setattr(chexpert, "FRONTAL", {"train": 8, "test": 3})
    return CheXpert(size=16)


@pytest.fixture
def placed(few: CheXpert, root: Path) -> CheXpert:
    """Its folder put there by hand."""
    for name, file in content().items():
        path = root / "chexpert" / "original" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(file)
    return few


def assert_read(data: CheXpert, shades: tuple[int, int] = (100, 200)) -> None:
    """Each label's images have its shade, and their left edge is there."""
    for split, part in (("train", "train"), ("test", "valid")):
        images, labels = np.asarray(data.inputs(split)), data.labels(split)
        assert images.shape == (KNOWN[part], 1, 16, 16) and images.dtype == np.uint8
        for image, label in zip(images.astype(int), labels, strict=True):
            assert np.abs(image[0, :, 6:] - shades[label]).max() < 5
            assert np.abs(image[0, :, :2] - shades[label] + 60).max() < 5
    assert np.bincount(data.labels("train")).tolist() == [3, 3]


def test_frontal_images_with_a_certain_label_are_read(placed: CheXpert) -> None:
    assert_read(placed)
    assert placed.classes == ("no pleural effusion", "pleural effusion")
    assert placed.counts == {"train": 6, "test": 3}
    assert np.bincount(placed.labels("test")).tolist() == [1, 2]


def test_another_finding_is_another_data_set_of_the_same_images(placed: CheXpert) -> None:
    edema = CheXpert("Edema", size=16)
    assert_read(edema, (200, 100))
    assert edema.name == "chexpert-edema" and edema.classes == ("no edema", "edema")
    assert placed.name == "chexpert-pleural-effusion"


def test_a_finding_that_no_image_is_labelled_for_has_none(placed: CheXpert) -> None:
    assert CheXpert("Atelectasis", size=16).counts == {"train": 0, "test": 0}


def test_rows_are_mixed_in_an_order_that_stays(placed: CheXpert) -> None:
    assert CheXpert(size=16).labels("train").tolist() == placed.labels("train").tolist() != [1, 0, 1, 0, 1, 0]


def test_the_archive_is_unpacked(few: Any, root: Path) -> None:
    archive = root / "chexpert" / f"{TOP}.zip"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(zipped(content()))
    assert data_catalogue.available(few) == "yes"
    few.fetch()
    archive.unlink()
    assert_read(few)


def test_a_link_to_a_folder_elsewhere_serves(placed: CheXpert, root: Path, tmp_path: Path) -> None:
    (root / "chexpert" / "original" / TOP).rename(tmp_path / "elsewhere")
    (root / "chexpert" / "original" / TOP).symlink_to(tmp_path / "elsewhere")
    assert_read(placed)


# --- what is wrong is one sentence


def test_without_data_one_sentence_says_where_it_is_got_and_how_large_it_is(few: CheXpert, root: Path) -> None:
    for ask in (few.inputs, few.labels):
        place = str(root / "chexpert" / "original" / TOP)
        refused(partial(ask, "train"), "placed by hand", place, PAGE, "register", f"{TOP}.zip", "11 GB")
    refused(few.fetch, "placed by hand")


def test_what_it_takes_is_told_without_it() -> None:
    data: Any = CheXpert(size=224)
    cost = estimate.estimate([data])
    assert cost.network == 0 and cost.disk == data.rows_take == 191_229 * 224**2


def test_a_missing_image_and_a_missing_list_are_named(placed: CheXpert, root: Path) -> None:
    top = root / "chexpert" / "original" / TOP
    (top / "train/patient00004/study1/view1_frontal.jpg").unlink()
    refused(lambda: placed.inputs("train"), str(top.parent), "holds 11 X-rays", "12 were expected")
    (top / "valid.csv").unlink()
    refused(lambda: placed.labels("test"), f"has no {TOP}/valid.csv", "again")


@pytest.mark.parametrize(
    ("damage", "said"),
    [
        (lambda text: text.replace("Pleural Effusion", "Effusion"), "'Pleural Effusion'"),
        (lambda text: "\n".join(text.splitlines()[:-1]), "it has 7 frontal images where 8 were expected"),
        (lambda text: "", "it has 0 frontal images where 8 were expected"),
        (lambda text: text.replace("0.0", "yes"), "could not convert string to float"),
    ],
)
def test_a_damaged_list_is_named_and_its_repair_is_taken(
    placed: CheXpert, root: Path, damage: Callable[[str], str], said: str
) -> None:
    path = root / "chexpert" / "original" / TOP / "train.csv"
    whole = path.read_text(encoding="utf-8")
    path.write_text(damage(whole), encoding="utf-8")
    refused(lambda: placed.inputs("train"), str(path), "is no whole list of X-rays and findings", said)
    path.write_text(whole, encoding="utf-8")
    assert_read(placed)


def test_a_damaged_archive_is_its_own_sentence(few: CheXpert, root: Path) -> None:
    archive = root / "chexpert" / f"{TOP}.zip"
    archive.parent.mkdir(parents=True)
    archive.write_bytes(zipped(content())[:-40])
    refused(lambda: few.inputs("train"), str(archive), "cannot be unpacked")


def test_an_unknown_finding_and_an_unknown_split_are_refused() -> None:
    with pytest.raises(ValueError, match="chexpert has no finding 'Fracture'; it has Atelectasis, Cardiomegaly, "):
        CheXpert("Fracture")
    with pytest.raises(ValueError, match="chexpert-edema has no split 'valid'; it has train, test"):
        CheXpert("Edema").labels("valid")


def test_examples_are_the_competitions_findings_the_default_first() -> None:
    examples = CheXpert.examples()
    assert examples[0] == CheXpert()
    assert sorted(one.finding for one in examples) == list(FINDINGS)
    assert len({one.name for one in examples}) == 5
