"""ImageNet as it is placed by hand: a few classes of real JPEG files, as folders and as the challenge's archives."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from mtl_bench.cli.data import app
from mtl_bench.datasets import imagenet
from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.placed import DataError, checksum_of
from mtl_bench.datasets.imagenet import ImageNet
from mtl_bench.execution import data_catalogue
from tests.datasets.command import ROOT
from tests.datasets.test_layouts import picture, smooth
from tests.datasets.test_placing import tar

WNIDS = ("n01440764", "n01443537", "n04285008")
COLOURS = {"n01440764": (200, 0, 0), "n01443537": (0, 200, 0), "n04285008": (0, 0, 200)}
COUNTS = {"train": 4, "test": 2}  # of each class


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> ImageNet:
    """ImageNet of three classes, 16 × 16 pixels."""
    monkeypatch.setattr(imagenet, "wnids", lambda: WNIDS)
    for split, tree in list(imagenet.TREES.items()):
        monkeypatch.setitem(imagenet.TREES, split, dataclasses.replace(tree, count=len(WNIDS) * COUNTS[split]))
    return ImageNet(size=16)


def content(split: str) -> dict[str, bytes]:
    """Photographs of one colour by class and of several shapes, by their places."""
    return {
        f"{name}/{name}_{split}_{i}.JPEG": smooth((30 + 40 * i, 50), colour)
        for name, colour in COLOURS.items()
        for i in range(COUNTS[split])
    }


@pytest.fixture
def placed(few: ImageNet, root: Path) -> ImageNet:
    """Its folders put there by hand."""
    for split, folder in (("train", "train"), ("test", "val")):
        for name, photograph in content(split).items():
            path = root / "imagenet" / folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(photograph)
    return few


def refused(ask: Callable[[], Any], *words: str) -> None:
    """It raises one sentence with all of these words."""
    with pytest.raises(DataError) as refusal:
        ask()
    assert "\n" not in str(refusal.value)
    for word in words:
        assert word in str(refusal.value)


def assert_read(data: ImageNet) -> None:
    for split in data.splits:
        images, labels = data.inputs(split), data.labels(split)
        assert isinstance(images.array, np.memmap)
        assert images.shape == (3 * COUNTS[split], 3, 16, 16)
        assert np.bincount(labels).tolist() == [COUNTS[split]] * 3
        for image, label in zip(images, labels, strict=True):
            assert np.abs(image.mean((1, 2)) - COLOURS[WNIDS[label]]).max() < 4


def test_folders_put_by_hand_are_read(placed: ImageNet, root: Path) -> None:
    (root / "imagenet" / "val" / "readme.txt").write_text("not a photograph", encoding="utf-8")
    (root / "imagenet" / "val" / WNIDS[0] / ".DS_Store").write_bytes(b"not a photograph")
    assert_read(placed)
    assert placed.labels("train").tolist() != sorted(placed.labels("train")), "not sorted by class"


def test_a_link_to_a_folder_elsewhere_serves(placed: ImageNet, root: Path, tmp_path: Path) -> None:
    (root / "imagenet" / "train").rename(tmp_path / "elsewhere")
    (root / "imagenet" / "train").symlink_to(tmp_path / "elsewhere")
    assert_read(placed)


def test_a_photograph_is_warped_and_not_cut(few: ImageNet, tmp_path: Path) -> None:
    """Its left third is red and its right third blue: both are seen, in columns of a third each."""
    wide = np.zeros((3, 20, 300), np.uint8)
    wide[0, :, :100] = wide[2, :, 200:] = 250
    (tmp_path / "wide.JPEG").write_bytes(picture(wide))
    (block,) = imagenet.warped([tmp_path / "wide.JPEG"], 30)
    assert block.shape == (1, 3, 30, 30)
    assert (block[0, 0, :, :8] > 240).all() and (block[0, 0, :, 12:] < 10).all()
    assert (block[0, 2, :, 22:] > 240).all() and (block[0, 2, :, :18] < 10).all()


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGB"])
def test_grey_and_printers_colours_become_rgb(mode: str, tmp_path: Path) -> None:
    """ImageNet has a few of both."""
    Image.new("RGB", (40, 20), (90, 90, 90)).convert(mode).save(tmp_path / "one.JPEG", "JPEG")
    (block,) = imagenet.warped([tmp_path / "one.JPEG"], 8)
    assert block.shape == (1, 3, 8, 8)
    assert np.abs(block.astype(int) - 90).max() < 3


def test_blocks_keep_the_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagenet, "BLOCK", 4)
    paths = [tmp_path / f"{level}.JPEG" for level in range(0, 250, 25)]
    for level, path in zip(range(0, 250, 25), paths, strict=True):
        path.write_bytes(smooth((9, 7), (level, level, level)))
    blocks = list(imagenet.warped(paths, 5))
    assert [len(block) for block in blocks] == [4, 4, 2]
    found = np.concatenate(blocks).mean((1, 2, 3))
    assert np.abs(found - np.arange(0, 250, 25)).max() < 2


@pytest.mark.parametrize("cut", [0.0, 0.5])
def test_a_damaged_photograph_is_named_and_its_repair_is_taken(placed: ImageNet, root: Path, cut: float) -> None:
    path = root / "imagenet" / "val" / WNIDS[1] / f"{WNIDS[1]}_test_0.JPEG"
    noise = picture(np.random.default_rng(0).integers(0, 256, (3, 60, 60), np.uint8), "JPEG")
    path.write_bytes(noise[: int(cut * len(noise))])
    refused(lambda: placed.inputs("test"), str(path), "is no whole image", "fetch it again")
    assert not list(root.rglob("*.npy"))
    path.write_bytes(content("test")[f"{WNIDS[1]}/{WNIDS[1]}_test_0.JPEG"])
    assert_read(placed)
    assert CliRunner().invoke(app, ["verify"]).exit_code == 0


def test_a_missing_photograph_and_a_missing_class_are_one_sentence(placed: ImageNet, root: Path) -> None:
    train = root / "imagenet" / "train"
    (train / WNIDS[2] / f"{WNIDS[2]}_train_0.JPEG").unlink()
    refused(lambda: placed.inputs("train"), str(train), "holds 11 photographs", "12 were expected", "img_train.tar")
    for path in (train / WNIDS[2]).iterdir():
        path.unlink()
    (train / WNIDS[2]).rmdir()
    refused(lambda: placed.labels("train"), str(train), f"has no folder {WNIDS[2]} (1 of 3 classes are missing)")
    assert not checksum_of(train)


def test_without_data_one_sentence_says_where_it_is_got_and_how_large_it_is(few: ImageNet, root: Path) -> None:
    for split, folder in (("train", "train"), ("test", "val")):
        for ask in (few.inputs, few.labels):
            place = str(root / "imagenet" / folder)
            archive = f"ILSVRC2012_img_{folder}.tar"
            refused(partial(ask, split), "placed by hand", place, imagenet.PAGE, "register", archive, "260 GB")


# --- the challenge's archives


@pytest.fixture
def archives(few: ImageNet, root: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Path]:
    """The three archives in their layout: a tar of tars, photographs without classes, and the kit that tells these."""
    from scipy.io import savemat
    from torchvision.datasets import imagenet as official

    inner = {
        f"{name}.tar": tar(
            {Path(path).name: x for path, x in content("train").items() if path.startswith(name)}, mode="w"
        )
        for name in WNIDS
    }
    mixed = list(content("test").items())[::2] + list(content("test").items())[1::2]
    numbers = {name: i + 1 for i, name in enumerate(reversed(WNIDS))}  # the kit's own, which are not in our order
    synsets = np.array(
        [(numbers[name], name, f"{name}, thing", "what it is", 0) for name in WNIDS]
        + [(9, "n00001740", "all", "all", 3)],
        [("ILSVRC2012_ID", object), ("WNID", object), ("words", object), ("gloss", object), ("num_children", object)],
    )
    meta = io.BytesIO()
    savemat(meta, {"synsets": synsets})
    truth = "".join(f"{numbers[path.partition('/')[0]]}\n" for path, _ in mixed)
    kit = "ILSVRC2012_devkit_t12/data"
    packed = {
        "train": tar(inner, mode="w"),
        "val": tar({f"ILSVRC2012_val_{i:08}.JPEG": x for i, (_, x) in enumerate(mixed)}, mode="w"),
        "devkit": tar(
            {f"{kit}/meta.mat": meta.getvalue(), f"{kit}/ILSVRC2012_validation_ground_truth.txt": truth.encode()}
        ),
    }
    paths = {}
    for part, bytes_ in packed.items():
        name, _ = official.ARCHIVE_META[part]
        md5 = hashlib.md5(bytes_).hexdigest()
        monkeypatch.setitem(official.ARCHIVE_META, part, (name, md5))
        paths[part] = root / "imagenet" / name
        paths[part].parent.mkdir(parents=True, exist_ok=True)
        paths[part].write_bytes(bytes_)
        if part == "devkit":
            monkeypatch.setattr(imagenet, "DEVKIT", File(name, hashes=(f"md5:{md5}",)))
        else:
            split = "test" if part == "val" else "train"
            archive = dataclasses.replace(imagenet.TREES[split].archive, hashes=(f"md5:{md5}",), size=None)
            monkeypatch.setitem(imagenet.TREES, split, dataclasses.replace(imagenet.TREES[split], archive=archive))
    return paths


def test_the_archives_are_unpacked_and_each_photograph_gets_its_class(
    archives: dict[str, Path], few: Any, root: Path
) -> None:
    assert data_catalogue.available(few) == "yes"
    few.fetch()
    assert_read(few)
    assert checksum_of(root / "imagenet" / "train") and checksum_of(root / "imagenet" / "val")
    assert not list((root / "imagenet").glob("*.part"))
    for path in archives.values():
        path.unlink()
    assert data_catalogue.available(few) == "yes"
    assert_read(few)


def test_photographs_without_the_kit_that_tells_their_classes_are_one_sentence(
    archives: dict[str, Path], few: ImageNet
) -> None:
    archives["devkit"].unlink()
    refused(lambda: few.inputs("test"), "put ILSVRC2012_devkit_t12.tar.gz into")
    assert len(few.inputs("train")) == 12


def test_a_damaged_archive_is_one_sentence(archives: dict[str, Path], few: ImageNet, root: Path) -> None:
    archives["train"].write_bytes(archives["train"].read_bytes()[:-1])
    refused(lambda: few.inputs("train"), str(archives["train"]), "has another md5")
    assert not (root / "imagenet" / "train").exists()


def test_the_digests_are_those_that_torchvision_knows() -> None:
    from torchvision.datasets.imagenet import ARCHIVE_META

    ours = [imagenet.TREES["train"].archive, imagenet.TREES["test"].archive, imagenet.DEVKIT]
    for file, (name, md5) in zip(ours, ARCHIVE_META.values(), strict=True):
        assert (file.name, file.hashes) == (name, (f"md5:{md5}",))


# --- the commands, and the classes


def test_the_commands_say_that_it_is_placed_by_hand(few: ImageNet, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(data_catalogue, "data_sets", lambda: [few])

    def give(*arguments: str) -> Any:
        return CliRunner().invoke(app, list(arguments), catch_exceptions=False)

    assert "154,642,401,280" in give("list").stdout and " no " in give("list").stdout
    assert give("doctor").exit_code == 0
    fetched = give("fetch", "imagenet")
    assert fetched.exit_code == 1
    assert fetched.stderr.startswith("imagenet is placed by hand and ")
    assert "Traceback" not in fetched.output


def test_classes_are_known_without_data_in_caffes_order() -> None:
    from timm.data import ImageNetInfo  # type: ignore[attr-defined]

    classes, known_to_timm = ImageNet().classes, ImageNetInfo()
    assert list(classes) == known_to_timm.label_names()  # type: ignore[no-untyped-call]
    assert len(set(classes)) == 1000
    assert list(classes) == sorted(classes)
    known = {0: "n01440764", 207: "n02099601", 281: "n02123045", 817: "n04285008", 948: "n07742313", 999: "n15075141"}
    assert {i: classes[i] for i in known} == known  # tench, golden retriever, tabby, sports car, apple, toilet paper


def test_classes_are_known_quickly() -> None:
    """Plans name them at every start."""
    code = "import sys; from mtl_bench.datasets import imagenet; imagenet.natural(); print('timm' in sys.modules)"
    printed = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert printed.stdout.strip() == "False"


def test_natural_and_man_made_are_the_papers_449_and_551() -> None:
    natural, man_made = imagenet.natural(), imagenet.man_made()
    assert (len(natural), len(man_made)) == (449, 551)
    assert sorted((*natural, *man_made)) == list(ImageNet().classes)
    assert list(natural) == sorted(natural) and list(man_made) == sorted(man_made)
    # tench, pufferfish, head cabbage, hay, alp, cliff, ear of maize
    grown = {"n01440764", "n02655020", "n07714571", "n07802026", "n09193705", "n09246464", "n13133613"}
    # abacus, sports car, mashed potato, carbonara, eggnog, bubble, toilet paper
    made = {"n02666196", "n04285008", "n07711569", "n07831146", "n07932039", "n09229709", "n15075141"}
    assert grown <= set(natural) and made <= set(man_made)


def test_random_halves_are_what_the_authors_program_draws() -> None:
    for seed in range(4):
        a, b = imagenet.random_halves(seed)
        assert (len(a), len(b)) == (500, 500)
        assert sorted((*a, *b)) == list(ImageNet().classes)
        np.random.seed([seed])  # noqa: NPY002  # the calls of their make_reduced_dataset.py
        drawn = np.random.choice(np.arange(1000), 500, replace=False)  # noqa: NPY002
        assert a == tuple(ImageNet().classes[i] for i in sorted(drawn))
    assert len({imagenet.random_halves(seed)[0] for seed in range(4)}) == 4
