"""The real data, where MTL_BENCH_MIRROR names a folder that has them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from mtl_bench.datasets.files.class_images import class_images
from mtl_bench.datasets.files.pixels import rgb
from mtl_bench.datasets.mnist import MNIST
from mtl_bench.datasets.mnist_m import MNISTM
from mtl_bench.datasets.office31 import ORIGINAL, Office31, compressed, packed
from mtl_bench.datasets.office_caltech10 import OfficeCaltechSURF
from mtl_bench.datasets.office_caltech10_googlenet import OfficeCaltechGoogLeNet
from mtl_bench.datasets.office_caltech10_images import JPEG88, OfficeCaltechImages
from mtl_bench.datasets.pacs import PACS
from mtl_bench.datasets.tiny_imagenet import TinyImageNet
from mtl_bench.datasets.usps import USPS
from mtl_bench.datasets.wrappers.apart import near_duplicates
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.part import DataSet

pytestmark = pytest.mark.usefixtures("mirror")
Array = np.ndarray[Any, Any]


def test_mnist_is_the_one_everybody_has() -> None:
    """Counts per class and mean as published everywhere (mean 0.1307, sd 0.3081 of the training pixels)."""
    images, labels = np.asarray(MNIST().inputs("train")), MNIST().labels("train")
    assert np.bincount(labels).tolist() == [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949]
    assert np.bincount(MNIST().labels("test")).tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    assert images.mean() / 255 == pytest.approx(0.1307, abs=5e-5)
    assert images.std() / 255 == pytest.approx(0.3081, abs=5e-5)


def test_usps_has_the_published_counts() -> None:
    data = USPS("h5", 16)
    assert np.bincount(data.labels("train")).tolist() == [1194, 1005, 731, 658, 652, 556, 664, 645, 542, 644]
    assert np.bincount(data.labels("test")).tolist() == [359, 264, 198, 166, 200, 160, 170, 147, 166, 177]
    assert USPS("h5").inputs("test").shape == (2007, 1, 28, 28)


def nearest_mean_accuracy(images: Array, labels: Array, classes: int) -> float:
    """Percent of odd images that lie nearest to the mean even image of their own class."""
    flat = images.reshape(len(images), -1).astype(np.float32)
    means = np.stack([flat[::2][labels[::2] == c].mean(0) for c in range(classes)])
    distances = (flat[1::2] ** 2).sum(1, keepdims=True) - 2 * flat[1::2] @ means.T + (means**2).sum(1)
    return float(100 * (distances.argmin(1) == labels[1::2]).mean())


def test_usps_labels_belong_to_their_images() -> None:
    assert nearest_mean_accuracy(np.asarray(USPS("h5").inputs("test")), USPS("h5").labels("test"), 10) > 75


def test_pacs_labels_belong_to_their_images() -> None:
    data = PACS("photo", "jpeg80", 32)
    assert np.bincount(data.labels("all")).tolist() == [189, 202, 182, 186, 199, 280, 432]
    assert len(data.inputs("train")) + len(data.inputs("test")) == 1670
    assert nearest_mean_accuracy(np.asarray(data.inputs("all")), data.labels("all"), 7) > 35


def test_tiny_imagenet_has_100_and_40_of_each_of_100_classes() -> None:
    data = TinyImageNet("100-classes", 32)
    assert np.bincount(data.labels("train")).tolist() == [100] * 100
    assert np.bincount(data.labels("test")).tolist() == [40] * 100
    assert (len(data.natural), len(data.man_made)) == (39, 61)
    images, labels = np.asarray(data.inputs("all")), data.labels("all")
    assert nearest_mean_accuracy(images, labels, 100) > 4
    rows = {(image.tobytes(), int(label)) for image, label in zip(images, labels, strict=True)}
    for split in ("train", "test"):
        found = zip(np.asarray(data.inputs(split)), data.labels(split), strict=True)
        assert all((image.tobytes(), int(label)) in rows for image, label in found)


def test_tiny_imagenet_repeats_no_photograph() -> None:
    data = TinyImageNet("100-classes", 32)
    assert not list(near_duplicates(data.inputs("train"), data.inputs("test"), 0.995))


def test_office_caltech10_has_the_published_counts() -> None:
    """By class as in the images' names; features are counts, and their total over the words differs by image."""
    counts = {domain: np.asarray(OfficeCaltechSURF(domain).inputs("all")) for domain in OfficeCaltechSURF.domains}
    assert {domain: len(x) for domain, x in counts.items()} == {
        "amazon": 958, "caltech10": 1123, "dslr": 157, "webcam": 295
    }  # fmt: skip
    assert np.bincount(OfficeCaltechSURF("dslr").labels("all")).tolist() == [12, 21, 12, 13, 10, 24, 22, 12, 8, 23]
    for x in counts.values():
        assert np.array_equal(x, np.rint(x)) and x.min() == 0
        assert x.sum(1).min() > 0


def test_office_caltech10s_nearest_neighbours_are_the_published_ones() -> None:
    """The 1-NN entries of JDA's paper for amazon to caltech10 and dslr to webcam, from labels, features and order."""
    from mtl_bench.inputs.normalisation import normalised
    from mtl_bench.methods.shallow.no_adaptation import NoAdaptation

    for source, target, published in (("amazon", "caltech10", 26.0), ("dslr", "webcam", 63.39)):
        xs, xt = (normalised(np.asarray(OfficeCaltechSURF(d).inputs("all")), "L1, z-score") for d in (source, target))
        predicted = NoAdaptation().fit(xs, OfficeCaltechSURF(source).labels("all"), xt).predict(xt)
        assert 100 * np.mean(predicted == OfficeCaltechSURF(target).labels("all")) == pytest.approx(
            published, abs=0.011
        )


SMALL = 64  # pixels a side of Office's images here
OFFICE_CALTECH10 = {
    "amazon": (958, 933),
    "caltech10": (1123, 1122),
    "dslr": (157, 157),
    "webcam": (295, 295),
}  # with and without copies


def test_office31_has_the_published_counts_and_its_labels_belong_to_their_images() -> None:
    counts = {"amazon": 2817, "dslr": 498, "webcam": 795}
    for domain, count in counts.items():
        data = Office31(domain, "jpeg88", SMALL)
        labels = data.labels("all")
        assert len(labels) == count and len(set(labels)) == len(data.classes) == 31
        assert nearest_mean_accuracy(np.asarray(data.inputs("all")), labels, 31) > 20, "by chance 3 to 5"
    assert np.bincount(Office31("dslr", "jpeg88", SMALL).labels("all")).tolist() == [
        12, 21, 24, 12, 16, 12, 13, 14, 15, 15, 13, 10, 24, 16, 31, 22,
        12, 8, 10, 10, 13, 15, 23, 18, 10, 7, 18, 26, 21, 22, 15,
    ]  # fmt: skip


def test_office31s_images_are_squares() -> None:
    from PIL import Image

    for domain, count in {"amazon": 2817, "dslr": 498, "webcam": 795}.items():
        paths = Office31(domain, "jpeg88").paths()
        assert len(paths) == count
        for path in paths:
            with Image.open(path) as image:
                assert image.width == image.height


def test_office31s_amazon_in_both_variants_shows_the_same_images_in_the_same_order() -> None:
    plain, again = Office31("amazon", "original", SMALL), Office31("amazon", "jpeg88", SMALL)
    assert np.array_equal(plain.labels("all"), again.labels("all"))
    apart = np.abs(np.asarray(plain.inputs("all")).astype(np.int16) - np.asarray(again.inputs("all")))
    assert 0 < apart.mean() < 2
    assert apart.mean((1, 2, 3)).max() < 12, "no image is another one"


def test_71_of_office31s_amazon_are_copies_within_their_class() -> None:
    for variant in Office31.variants:
        data = Office31("amazon", variant, SMALL)
        classes: dict[bytes, set[int]] = {}
        for image, label in zip(data.inputs("all"), data.labels("all"), strict=True):
            classes.setdefault(image.tobytes(), set()).add(int(label))
        assert len(classes) == len(Distinct(data).labels("all")) == 2817 - 71
        assert all(len(labels) == 1 for labels in classes.values())


@pytest.mark.parametrize("domain", ["dslr", "webcam"])
def test_office31_compressed_here_is_the_compressed_packaging(domain: str, mirror: Path) -> None:
    """Which makes amazon, compressed in the same way, comparable with them."""
    archives = [file.name for file in ORIGINAL[domain].files() if (mirror / "office31" / file.name).is_file()]
    if not archives:
        pytest.skip("MTL_BENCH_MIRROR has no archive of the authors' files")
    plain, again = Office31(domain).paths(), Office31(domain, "jpeg88").paths()
    equal = [path.read_bytes() == other.read_bytes() for path, other in zip(plain, again, strict=True)]
    assert equal.count(True) == {"dslr": 0, "webcam": 93}[domain]
    for path, other, kept in zip(plain, again, equal, strict=True):
        assert kept or compressed(path) == other.read_bytes()
        assert packed(path) == other.read_bytes()


def test_office_caltech10_compressed_here_keeps_what_its_packaging_keeps() -> None:
    """Its larger images that are not of 256 pixels: nobody compressed these."""
    sides = {path: min(rgb(path).size) for path in class_images(JPEG88.obtain(OfficeCaltechImages.folder))}
    large = [path for path, side in sides.items() if side > 300]
    assert (len(large), list(sides.values()).count(256)) == (32, 264)
    assert all(packed(path) == path.read_bytes() for path in large)


def kept(data: DataSet) -> list[int]:
    """Which rows are no later copies."""
    _, chosen = Distinct(data).part("all")
    return [] if chosen is None else chosen.tolist()


def test_office_caltech10s_images_are_those_of_its_words_row_for_row() -> None:
    """Of one class, and copies of a photograph are where copies of its words are."""
    for domain, (count, once) in OFFICE_CALTECH10.items():
        images, words = OfficeCaltechImages(domain, "jpeg88", SMALL), OfficeCaltechSURF(domain)
        assert len(images.inputs("all")) == count and images.classes == words.classes
        assert np.array_equal(images.labels("all"), words.labels("all"))
        assert kept(images) == kept(words)
        assert len(kept(images)) == once


def test_office_caltech10s_googlenet_features_have_as_many_copies_but_at_other_places() -> None:
    for domain in OfficeCaltechGoogLeNet.domains:
        features, words = OfficeCaltechGoogLeNet(domain), OfficeCaltechSURF(domain)
        assert np.array_equal(features.labels("all"), words.labels("all"))
        assert len(kept(features)) == len(kept(words)) == OFFICE_CALTECH10[domain][1]
        assert (kept(features) == kept(words)) == (domain != "amazon"), "where there are none, nothing is known"
        inputs, labels = np.asarray(features.inputs("all")), features.labels("all")
        assert nearest_mean_accuracy(inputs, labels, 10) > 85


# --- the MNIST-M that is generated, beside the published one


@pytest.fixture
def published(mirror: Path) -> Array:
    return np.asarray(MNISTM("published").inputs("test"))


@pytest.fixture
def generated(mirror: Path) -> Array:
    return MNISTM("generated").inputs("test")[:9001]


@pytest.fixture
def ink(mirror: Path) -> Array:
    """Where the digits of MNIST's test set are not 0: (9001, 1, 28, 28)."""
    return MNIST().inputs("test")[:9001] > 0


def test_both_mnist_m_have_mnists_labels_in_mnists_order() -> None:
    labels = MNIST().labels("test")
    assert np.array_equal(MNISTM("published").labels("test"), labels[:9001])
    assert np.array_equal(MNISTM("generated").labels("test"), labels)


def test_both_mnist_m_have_alike_pixels(published: Array, generated: Array) -> None:
    for theirs, ours in zip(np.moveaxis(published, 1, 0), np.moveaxis(generated, 1, 0), strict=True):
        assert ours.mean() == pytest.approx(theirs.mean(), abs=2.5)  # of 255
        assert ours.std() == pytest.approx(theirs.std(), abs=2.5)
        shares = [np.histogram(x, 32, (0, 256))[0] / x.size for x in (theirs, ours)]
        assert 0.5 * np.abs(shares[0] - shares[1]).sum() < 0.03, "total variation of the histograms"
    roughness = [np.abs(np.diff(x.mean(1), axis=2)).mean() for x in (published, generated)]
    assert roughness[1] == pytest.approx(roughness[0], rel=0.12)


def jumps(images: Array, ink: Array) -> tuple[float, float]:
    """Mean absolute difference of horizontal neighbours across the edge of a digit, and elsewhere."""
    across = ink[:, :, :, 1:] != ink[:, :, :, :-1]
    steps = np.abs(np.diff(images.astype(np.int16), axis=3)).mean(1, keepdims=True)
    return float(steps[across].mean()), float(steps[~across].mean())


@pytest.mark.parametrize("which", ["published", "generated"])
def test_both_mnist_m_are_the_photograph_inverted_under_the_digit(
    which: str, ink: Array, request: pytest.FixtureRequest
) -> None:
    """|patch - 255| under the digit, the patch elsewhere: inverting what is under the digit gives back a photograph."""
    images: Array = request.getfixturevalue(which)
    edge, elsewhere = jumps(images, ink)
    assert edge > 4 * elsewhere, "the digit is seen in the image"
    edge, elsewhere = jumps(np.where(ink, 255 - images, images), ink)
    assert edge == pytest.approx(elsewhere, rel=0.1), "and gone when its blending is undone"
    edge, elsewhere = jumps(np.where(np.roll(ink, 1, axis=0), 255 - images, images), np.roll(ink, 1, axis=0))
    assert edge > 4 * elsewhere, "another image's digit does not undo it"


def test_generated_patches_differ_from_image_to_image_and_split_to_split(generated: Array) -> None:
    corners = {x[:, :2, :3].tobytes() for x in generated}  # MNIST has no ink there
    assert len(corners) > 0.97 * len(generated)
    train = {x[:, :2, :3].tobytes() for x in MNISTM("generated").inputs("train")[:9001]}
    assert len(train & corners) < 0.02 * len(generated)
