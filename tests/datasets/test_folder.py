"""A folder of one's own images: its rows are those of the decoded files, and what is no such folder is one sentence."""

from __future__ import annotations

import os
import pickle
import re
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from mtl_bench.core.trial import describe
from mtl_bench.datasets.files import encoded
from mtl_bench.datasets.files.pixels import decoded
from mtl_bench.datasets.files.placed import DataError, digest_of
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.datasets.office31 import Office31
from mtl_bench.inputs import gate
from mtl_bench.inputs.rows import digest

SIZE = 16


def photograph(path: Path | bytes, seed: int = 0) -> None:
    """A small image of random shape and pixels."""
    draw = np.random.default_rng(seed)
    height, width = draw.integers(8, 40, 2)
    file = Path(os.fsdecode(path))
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as content:
        kind = "PNG" if file.suffix.lower() == ".png" else "JPEG"
        Image.fromarray(draw.integers(0, 256, (height, width, 3), np.uint8)).save(content, kind)


def photographs(folder: Path, classes: tuple[str, ...] = ("bike", "mug", "pen"), each: int = 5) -> Path:
    for label, name in enumerate(classes):
        for i in range(each):
            photograph(folder / name / f"{i}.{('jpg', 'PNG')[i % 2]}", 100 * label + i)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return photographs(tmp_path / "own")


def refusal(folder: Path, labelled: bool = True, classes: tuple[str, ...] = ()) -> str:
    """The sentence with which it is refused."""
    with pytest.raises(DataError) as error:
        ImageFolder.of(folder, labelled=labelled, classes=classes, size=SIZE)
    sentence = str(error.value)
    assert "\n" not in sentence and sentence.isprintable()
    return sentence


def test_the_rows_are_the_files_decoded_and_labelled_by_their_folders(folder: Path) -> None:
    data = ImageFolder.of(folder, size=SIZE)
    rows, paths = data.inputs("all"), data.paths()
    assert data.name == "own" and data.classes == ("bike", "mug", "pen")
    assert rows.shape == (15, 3, SIZE, SIZE) and rows.dtype == np.uint8
    assert sorted(paths) == sorted(p for p in folder.rglob("*") if p.is_file())
    every = np.concatenate(list(decoded(paths, SIZE)))
    for index in (slice(None), slice(2, 9, 3), np.array([14, 0, 3, 3]), np.arange(15) % 2 == 0, [-1]):
        assert np.array_equal(rows[index], every[index])
    labels = data.labels("all")
    assert labels.dtype == np.int64
    assert [data.classes[label] for label in labels] == [path.parent.name for path in paths]
    assert (np.diff(labels) < 0).any(), "not sorted by class"
    assert [str(path.relative_to(folder)) for path in paths] == data.row_names()


def test_a_folder_without_labels_is_read_at_any_depth(folder: Path) -> None:
    photograph(folder / "new" / "of" / "june" / "a.jpg", 7)
    photograph(folder / "top.png", 8)
    data = ImageFolder.of(folder, "later", ("bike", "mug"), labelled=False, size=SIZE)
    assert len(data.inputs("all")) == 17 == len(data.paths())
    assert data.name == "later" and data.classes == ("bike", "mug")
    with pytest.raises(ValueError, match="later has no labels: it is a folder of images without class folders"):
        data.labels("all")
    with pytest.raises(ValueError, match="no split 'test'; it has all"):
        data.inputs("test")


def test_where_it_lies_is_no_part_of_what_it_is(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ImageFolder.of(folder, size=SIZE)
    shutil.copytree(folder, tmp_path / "elsewhere" / "own")
    monkeypatch.chdir(tmp_path / "elsewhere")
    moved = ImageFolder.of("own", size=SIZE)
    assert moved.path == "own" and data == moved and hash(data) == hash(moved)
    assert describe(data) == describe(moved) and not {"path", "stamp"} & describe(data).keys()
    assert moved.row_names() == data.row_names()
    assert np.array_equal(moved.inputs("all")[:], data.inputs("all")[:])
    assert digest(moved.inputs("all")) == digest(data.inputs("all"))
    assert pickle.loads(pickle.dumps(moved)).paths() == moved.paths()


def test_the_digests_name_content_names_and_size(folder: Path) -> None:
    one = ImageFolder.of(folder, size=SIZE)
    assert one.sha256 == digest_of(folder), "as sha256sum lists it"
    found = {digest(one.inputs("all")), digest(replace(one, size=SIZE + 1).inputs("all"))}
    (folder / "mug" / "0.jpg").rename(folder / "mug" / "9.jpg")
    found.add(digest(ImageFolder.of(folder, size=SIZE).inputs("all")))
    photograph(folder / "mug" / "9.jpg", 77)
    found.add(digest(ImageFolder.of(folder, size=SIZE).inputs("all")))
    assert len(found) == 4


def test_no_image_is_held_and_no_pixel_read_before_its_row_is(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(encoded, "decoded", lambda *_: pytest.fail("pixels were decoded"))
    data = ImageFolder.of(folder, size=SIZE)
    rows = data.inputs("all")
    digest(rows), data.labels("all"), data.paths()
    assert gate.rows("images", rows) is rows, "learning takes them where they lie"


def test_other_content_than_when_it_was_listed_is_refused(folder: Path) -> None:
    data = ImageFolder.of(folder, size=SIZE)
    kept = (folder / "mug" / "0.jpg").read_bytes()
    for change in ("another", "one more", "one less"):
        if change == "one less":
            (folder / "mug" / "10.jpg").unlink()
            (folder / "mug" / "0.jpg").unlink()
        else:
            photograph(folder / "mug" / ("0.jpg" if change == "another" else "10.jpg"), 5)
        for ask in (data.inputs, data.labels):
            with pytest.raises(
                DataError, match=r"own has other images than when the study was written; run `mtl-bench compare` again"
            ):
                ask("all")
    (folder / "mug" / "0.jpg").write_bytes(kept)
    assert len(data.inputs("all")) == 15, "the same images again, though of another time"
    shutil.rmtree(folder)
    with pytest.raises(DataError, match="own is not there; give a folder of class folders"):
        data.inputs("all")


def test_what_did_not_change_is_not_read_again(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    data = ImageFolder.of(folder, size=SIZE)
    monkeypatch.setattr(Path, "read_bytes", lambda _: pytest.fail("a file was read"))
    data.inputs("all"), data.labels("all")


def test_the_order_of_the_labels_can_be_given(folder: Path) -> None:
    data = ImageFolder.of(folder, classes=("pen", "bike", "mug"), size=SIZE)
    assert [data.classes[label] for label in data.labels("all")] == [path.parent.name for path in data.paths()]
    assert data.labels("all")[[path.parent.name == "pen" for path in data.paths()]].max() == 0
    assert "mugs only in the classes given, mug only in" in refusal(folder, classes=("bike", "mugs", "pen"))


def test_hidden_files_and_what_are_no_images_do_not_count(folder: Path) -> None:
    expected = ImageFolder.of(folder, size=SIZE)
    for name in (".DS_Store", "Thumbs.db", "read me.txt", "mug/labels.csv", ".hidden.jpg", ".cache/a.jpg"):
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(b"no image")
    assert ImageFolder.of(folder, size=SIZE) == expected


def test_links_to_images_and_class_folders_are_followed(folder: Path, tmp_path: Path) -> None:
    linked = tmp_path / "linked"
    linked.mkdir()
    for name in ("bike", "mug"):
        (linked / name).symlink_to(folder / name)
    (linked / "pen").mkdir()
    for path in (folder / "pen").iterdir():
        (linked / "pen" / path.name).symlink_to(path)
    assert ImageFolder.of(linked, "own", size=SIZE) == ImageFolder.of(folder, size=SIZE)


def test_names_that_are_no_utf8_are_files_and_classes(folder: Path) -> None:
    tree = os.fsencode(folder)
    try:
        for i in range(3):
            photograph(tree + b"/caf\xe9/\xff%d.jpg" % i, 300 + i)
    except OSError:
        pytest.skip("this file system takes UTF-8 only")
    data = ImageFolder.of(folder, size=SIZE)
    assert data.classes == ("bike", r"caf\xe9", "mug", "pen")
    assert np.bincount(data.labels("all")).tolist() == [5, 3, 5, 5]
    assert len(data.inputs("all")[:]) == 18
    describe(data)
    Path(os.fsdecode(tree + b"/caf\xe9/\xff0.jpg")).write_bytes(b"")
    assert r"caf\xe9/\xff0.jpg (it is empty)" in refusal(folder)


def test_accents_are_the_same_composed_or_not(tmp_path: Path) -> None:
    one = ImageFolder.of(photographs(tmp_path / "a", ("caf\u00e9", "mug")), "own", size=SIZE)
    assert ImageFolder.of(photographs(tmp_path / "b", ("cafe\u0301", "mug")), "own", size=SIZE) == one


FAULTS = {
    "nothing": ("", r"own is not there; give a folder of class folders$"),
    "a file": ("F own", r"own is a file; give a folder of class folders$"),
    "empty": ("D own", r"own holds no images \(files that end in \.bmp, .*\.webp\); give a folder of images$"),
    "no image": ("F own/a/x.txt", r"own holds no images"),
    "one class": ("I own/mug/a.jpg", r"own has one class folder, mug; give a folder of two or more classes"),
    "an empty class": (
        "I own/mug/a.jpg, D own/pen, F own/cup/read.txt, I own/bike/a.jpg",
        r"own has class folders without images \(cup, pen\); remove them or put files that end in .* there",
    ),
    "beside": (
        "I own/mug/a.jpg, I own/pen/a.jpg, I own/loose.jpg",
        r"own holds images beside the class folders \(1, such as loose\.jpg\); move each into its class's folder",
    ),
    "no classes": ("I own/a.jpg, I own/b.jpg", r"own holds images and no class folders; put .* without labels"),
    "splits": (
        "I own/train/mug/a.jpg, I own/train/pen/a.jpg, I own/val/mug/b.jpg, I own/val/pen/b.jpg",
        r"lie two or more folders deep \(train/mug/a\.jpg\); give the folder right above the class folders, such as "
        r"\S*own/train$",
    ),
    "deep": ("I own/images/set/mug/a.jpg, I own/images/set/pen/a.jpg", r"such as \S*own/images/set$"),
    "a folder in a class": (
        "I own/mug/a.jpg, I own/pen/a.jpg, I own/pen/old/b.jpg",
        r"own/pen/old/b\.jpg lies in a folder inside a class folder; move the images up into their class's folder",
    ),
    "case": (
        "I own/mug/a.jpg, I own/Mug/b.jpg",
        r"own has the class folders Mug and mug, which are one where case does not count; rename one",
    ),
    "accents": (
        "I own/caf\u00e9/a.jpg, I own/cafe\u0301/b.jpg",
        r"the class folders caf\u00e9 and caf\u00e9, which are one",
    ),
    "no format": (
        "I own/mug/a.jpg, I own/pen/b.jpg, F own/pen/a.jpg",
        r"a file is no image that can be read: \S*pen/a\.jpg \(it is of no known format\); remove or save anew",
    ),
    "several": (
        "I own/a/b.jpg, F own/a/c.jpg, E own/b/d.png",
        r"^2 files are no images .*c\.jpg.*d\.png \(it is empty\)",
    ),
    "unread": ("I own/a/a.jpg, I own/b/a.jpg, F own/b/c.HEIC", r"own/b/c\.HEIC is of a kind that is not read; save"),
    "up": (
        "I own/a/a.jpg, I own/b/a.jpg, L own/b/up ..",
        r"own/b/up/? is a link to a folder that it lies in; remove the",
    ),
    "itself": (
        "I own/a/a.jpg, I own/b/a.jpg, L own/b/me me",
        r"own/b/me is a link that leads to nothing; remove the link",
    ),
    "away": ("I own/a/a.jpg, I own/b/a.jpg, L own/b/x.jpg gone.jpg", r"own/b/x\.jpg is a link that leads to nothing"),
}


def build(tmp_path: Path, recipe: str) -> Path:
    for line in filter(None, recipe.split(", ")):
        kind, name, *to = line.split(" ")
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if kind == "D":
            path.mkdir()
        elif kind == "I":
            photograph(path)
        elif kind == "L":
            path.symlink_to(to[0])
        else:
            path.write_bytes(b"" if kind == "E" else b"no image")
    return tmp_path / "own"


@pytest.mark.parametrize("fault", FAULTS)
def test_what_is_no_folder_of_classes_is_one_sentence(tmp_path: Path, fault: str) -> None:
    recipe, sentence = FAULTS[fault]
    assert re.search(sentence, refusal(build(tmp_path, recipe)))


def test_what_is_no_folder_of_images_is_one_sentence(tmp_path: Path) -> None:
    assert "own is not there; give a folder of images" in refusal(tmp_path / "own", labelled=False)
    build(tmp_path, "I own/a.jpg, L own/deep/up ../..")
    assert (
        "own/deep/up" in (sentence := refusal(tmp_path / "own", labelled=False))
        and "a folder that it lies in" in sentence
    )


def test_a_link_between_two_folders_is_no_endless_walk(tmp_path: Path) -> None:
    build(tmp_path, "I own/a/a.jpg, I own/b/a.jpg, L own/a/b ../b, L own/b/a ../a")
    assert "is a link to a folder that it lies in" in refusal(tmp_path / "own", labelled=False)


def test_a_folder_that_may_not_be_read_is_one_sentence(folder: Path) -> None:
    (folder / "mug").chmod(0)
    try:
        if os.access(folder / "mug", os.R_OK):
            pytest.skip("whoever runs this may read everything")
        assert re.search(r"own/mug/? cannot be read \(Permission denied\); allow it or remove it", refusal(folder))
    finally:
        (folder / "mug").chmod(0o755)


def test_half_an_image_is_named_when_its_row_is_read(folder: Path) -> None:
    path = folder / "mug" / "0.jpg"
    path.write_bytes(path.read_bytes()[:-200])
    data = ImageFolder.of(folder, size=SIZE)
    row = data.paths().index(path)
    rows = data.inputs("all")
    assert len(rows[np.flatnonzero(np.arange(15) != row)]) == 14, "the others can be read"
    with pytest.raises(
        DataError,
        match=r"mug/0\.jpg is no whole image \(.*truncated.*\); save it anew or remove it, and run `mtl-bench c",
    ):
        rows[np.array([row])]


@pytest.mark.slow
def test_office31_as_a_folder_has_the_same_rows(mirror: Path, tmp_path: Path) -> None:
    expected = Office31("webcam", "jpeg88")
    try:
        paths = expected.paths()
    except DataError as error:
        pytest.skip(str(error))
    for path in paths:
        (tmp_path / "webcam" / path.parent.name).mkdir(parents=True, exist_ok=True)
        (tmp_path / "webcam" / path.parent.name / path.name).symlink_to(path.absolute())
    data = ImageFolder.of(tmp_path / "webcam")
    assert data.classes == expected.classes
    assert np.array_equal(data.labels("all"), expected.labels("all"))
    index = np.arange(0, 795, 10)
    assert np.array_equal(data.inputs("all")[index], expected.inputs("all")[index])
