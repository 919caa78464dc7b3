"""Images in class folders: known by class, name and bytes, whatever lies above the class folders."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from pathlib import Path

import pytest

from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.class_images import ClassImages, class_images
from mtl_bench.datasets.files.placed import DataError

IMAGES = {f"{name}/frame_{i}.jpg": f"{name} {i}".encode() for name in ("bike", "mug") for i in (1, 2)}
LISTING = "".join(f"{hashlib.sha256(content).hexdigest()}  {name}\n" for name, content in sorted(IMAGES.items()))
TREE = ClassImages("original", File("a.zip"), "*", 4, hashlib.sha256(LISTING.encode()).hexdigest())


def laid(folder: Path, images: dict[str, bytes]) -> Path:
    for name, content in images.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("above", ["", "amazon/images", "OFFICE31/amazon", "zebra/a/b/c"])
def test_the_folders_above_the_classes_do_not_count(above: str, tmp_path: Path) -> None:
    laid(tmp_path / above, IMAGES)
    TREE.check(tmp_path, "it")
    assert [f"{path.parent.name}/{path.name}" for path in class_images(tmp_path)] == sorted(IMAGES)


def test_images_of_one_class_may_lie_apart_and_are_listed_together(tmp_path: Path) -> None:
    halves = {f"{i % 2}/{name}": content for i, (name, content) in enumerate(IMAGES.items())}
    TREE.check(laid(tmp_path, halves), "it")
    assert [path.name for path in class_images(tmp_path)] == ["frame_1.jpg", "frame_2.jpg"] * 2


@pytest.mark.parametrize(
    ("changed", "gone"),
    [
        ({"bike/frame_1.jpg": b"bike 0"}, ""),
        ({"bike/frame_3.jpg": b"bike 1"}, "bike/frame_1.jpg"),
        ({"mug/frame_3.jpg": b"bike 1"}, "bike/frame_1.jpg"),
        ({"bike/frame_1.jpg": b"bike 2", "bike/frame_2.jpg": b"bike 1"}, ""),
    ],
    ids=["another byte", "another name", "another class", "two exchanged"],
)
def test_another_content_is_refused(changed: dict[str, bytes], gone: str, tmp_path: Path) -> None:
    laid(tmp_path, {name: content for name, content in {**IMAGES, **changed}.items() if name != gone})
    with pytest.raises(DataError, match=r"^it holds 4 files, but other content than expected; remove it$"):
        TREE.check(tmp_path, "it")
    replace(TREE, sha256=None).check(tmp_path, "it")


def test_too_few_files_are_refused(tmp_path: Path) -> None:
    laid(tmp_path, {"bike/frame_1.jpg": b"bike 1"})
    with pytest.raises(DataError, match=r"^it holds 1 files where 4 were expected; remove it$"):
        TREE.check(tmp_path, "it")
