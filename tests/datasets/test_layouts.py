"""Data sets read from small archives in the layout of the published ones, served over HTTP."""

from __future__ import annotations

import bz2
import dataclasses
import gzip
import hashlib
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from PIL import Image

from mtl_bench.datasets import (
    bsds500,
    caltech101,
    cifar10,
    fashion_mnist,
    mnist,
    mnist_m,
    office31,
    office_caltech10,
    office_caltech10_googlenet,
    office_caltech10_images,
    pacs,
    svhn,
    tiny_imagenet,
    usps,
)
from mtl_bench.datasets.files.acquire import File
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.imagenet import wnids
from tests.datasets.faulty_server import Served, Server
from tests.datasets.test_placing import tar, zipped

Array = np.ndarray[Any, Any]
Serve = Callable[[Any, bytes], Any]
random = np.random.default_rng(0)


@pytest.fixture
def serve(server: Server) -> Serve:
    """The same file or tree with this content behind its only source, and no digest or count of the published one."""

    def serve(part: Any, content: bytes) -> Any:
        if isinstance(part, Tree):
            return dataclasses.replace(part, archive=serve(part.archive, content), sha256=None)
        assert isinstance(part, File)
        server.served[f"/{part.name}"] = Served(content)
        return dataclasses.replace(part, sources=(f"{server.url}/{part.name}",), hashes=(), size=None)

    return serve


def pixels(count: int, channels: int, side: int) -> Array:
    return random.integers(0, 256, (count, channels, side, side), np.uint8)


def picture(image: Array, kind: str = "PNG") -> bytes:
    made = io.BytesIO()
    Image.fromarray(np.moveaxis(image, 0, -1)).save(made, kind)
    return made.getvalue()


def smooth(side: tuple[int, int], colour: tuple[int, int, int]) -> bytes:
    """A JPEG of one colour, which JPEG keeps within a level or two."""
    made = io.BytesIO()
    Image.new("RGB", side, colour).save(made, "JPEG", quality=95)
    return made.getvalue()


def idx(array: Array) -> bytes:
    return gzip.compress(
        bytes([0, 0, 8, array.ndim]) + np.array(array.shape, ">u4").tobytes() + array.astype(np.uint8).tobytes()
    )


def parquet(**columns: list[Any]) -> bytes:
    import pyarrow
    from pyarrow import parquet as writer

    made = io.BytesIO()
    writer.write_table(pyarrow.table(columns), made)
    return made.getvalue()


@pytest.mark.parametrize(("module", "cls"), [(mnist, mnist.MNIST), (fashion_mnist, fashion_mnist.FashionMNIST)])
def test_idx_files(module: Any, cls: type[Any], serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = pixels(5, 1, 28), np.array([3, 1, 4, 1, 5])
    monkeypatch.setitem(cls.counts, "test", 5)
    monkeypatch.setitem(module.FILES, ("test", "images"), serve(module.FILES["test", "images"], idx(images[:, 0])))
    monkeypatch.setitem(module.FILES, ("test", "labels"), serve(module.FILES["test", "labels"], idx(labels)))
    assert np.array_equal(cls().inputs("test"), images)
    assert cls().labels("test").tolist() == labels.tolist()


def test_an_idx_file_that_ends_early_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    short = gzip.compress(gzip.decompress(idx(pixels(5, 1, 28)))[:-1])
    monkeypatch.setitem(mnist.FILES, ("test", "images"), serve(mnist.FILES["test", "images"], short))
    with pytest.raises(DataError, match="is no whole IDX file of bytes"):
        mnist.MNIST().inputs("test")


def test_usps_as_libsvm_and_as_h5(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    import h5py

    thousandths, digits = random.integers(-1000, 1001, (4, 256)), [7, 0, 9, 2]
    thousandths[0, :2] = [-1000, 1000]
    lines = [
        f"{digit + 1} " + " ".join(f"{i + 1}:{value / 1000:g}" for i, value in enumerate(row))
        for digit, row in zip(digits, thousandths, strict=True)
    ]
    made = io.BytesIO()
    with h5py.File(made, "w") as file:
        file["test/data"] = ((thousandths + 1000) / 2000).astype(np.float32)
        file["test/target"] = np.array(digits, np.int32)
    monkeypatch.setitem(usps.USPS.counts, "test", 4)
    monkeypatch.setitem(usps.LIBSVM, "test", serve(usps.LIBSVM["test"], bz2.compress("\n".join(lines).encode())))
    monkeypatch.setattr(usps, "H5", serve(usps.H5, made.getvalue()))
    libsvm, h5 = usps.USPS("libsvm", 16), usps.USPS("h5", 16)
    assert np.array_equal(libsvm.inputs("test"), h5.inputs("test"))
    assert libsvm.inputs("test")[0, 0, 0, :2].tolist() == [0, 255]
    ink = np.rint((thousandths + 1000) * 255 / 2000).reshape(4, 1, 16, 16)
    assert np.array_equal(libsvm.inputs("test"), ink)
    assert libsvm.labels("test").tolist() == h5.labels("test").tolist() == digits
    assert usps.USPS("h5").inputs("test").shape == (4, 1, 28, 28)


def test_svhn(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat

    images, made = pixels(4, 3, 32), io.BytesIO()
    savemat(made, {"X": np.transpose(images, (2, 3, 1, 0)), "y": np.array([[10], [1], [9], [5]], np.uint8)})
    monkeypatch.setitem(svhn.SVHN.counts, "test", 4)
    monkeypatch.setitem(svhn.FILES, "test", serve(svhn.FILES["test"], made.getvalue()))
    assert np.array_equal(svhn.SVHN(size=32).inputs("test"), images)
    assert svhn.SVHN().inputs("test").shape == (4, 3, 28, 28)
    assert svhn.SVHN().labels("test").tolist() == [0, 1, 9, 5]


def test_cifar10_in_binary(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    images, labels = pixels(12, 3, 32), np.arange(12) % 10
    records = np.concatenate([labels[:, None].astype(np.uint8), images.reshape(12, -1)], 1)
    names = [*cifar10.BATCHES["train"], *cifar10.BATCHES["test"]]
    members = {f"cifar-10-batches-bin/{name}": records[2 * i : 2 * i + 2].tobytes() for i, name in enumerate(names)}
    archive = tar({**members, "cifar-10-batches-bin/readme.html": b"<html>"})
    monkeypatch.setattr(cifar10.CIFAR10, "counts", {"train": 10, "test": 2})
    monkeypatch.setattr(cifar10, "TREE", serve(cifar10.TREE, archive))
    data = cifar10.CIFAR10()
    assert np.array_equal(data.inputs("train"), images[:10])
    assert np.array_equal(data.inputs("test"), images[10:])
    assert data.labels("train").tolist() == labels[:10].tolist()
    assert data.labels("test").tolist() == [0, 1]


def test_pacs_in_parquet(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    images = pixels(12, 3, 16)
    rows = [{"bytes": picture(image), "path": None} for image in images]
    domains = ["photo", "sketch"] * 6
    content = parquet(image=rows, domain=domains, label=[i % 7 for i in range(12)])
    monkeypatch.setattr(pacs, "COUNTS", dict.fromkeys(pacs.PACS.domains, 6))
    monkeypatch.setattr(pacs, "ORIGINAL", serve(pacs.ORIGINAL, content))
    data = pacs.PACS("sketch", size=16)
    found = {image.tobytes(): int(label) for image, label in zip(data.inputs("all"), data.labels("all"), strict=True)}
    assert found == {images[i].tobytes(): i % 7 for i in range(1, 12, 2)}
    assert [len(data.inputs(split)) for split in data.splits] == [5, 1, 6]
    assert np.array_equal(np.concatenate([data.inputs("train"), data.inputs("test")]), data.inputs("all"))


def jpeg80(image: Array) -> bytes:
    made = io.BytesIO()
    Image.fromarray(np.moveaxis(image, 0, -1)).save(made, "JPEG", quality=80, optimize=True)
    return made.getvalue()


def pacs_served(serve: Serve, monkeypatch: pytest.MonkeyPatch, images: Array) -> None:
    """The published file of these images, photographs and sketches in turn, and archives that nobody has."""
    rows = [{"bytes": picture(image), "path": None} for image in images]
    content = parquet(image=rows, domain=["photo", "sketch"] * 2, label=[3, 4, 5, 6])
    original = serve(pacs.ORIGINAL, content)
    monkeypatch.setattr(pacs, "COUNTS", dict.fromkeys(pacs.PACS.domains, 2))
    for domain, tree in pacs.JPEG80.items():
        archive = dataclasses.replace(tree.archive, instead=(original,))
        monkeypatch.setitem(pacs.JPEG80, domain, dataclasses.replace(tree, archive=archive, count=2, sha256=None))


def test_pacs_without_its_archives_is_compressed_as_it_is_decoded(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    images = pixels(4, 3, 16)
    pacs_served(serve, monkeypatch, images)
    for domain, first in (("photo", 0), ("sketch", 1)):
        data = pacs.PACS(domain, "jpeg80", 16)
        found = dict(zip(data.labels("all").tolist(), data.inputs("all")[:], strict=True))
        for label, image in ((3 + first, images[first]), (5 + first, images[2 + first])):
            again = np.moveaxis(np.asarray(Image.open(io.BytesIO(jpeg80(image)))), -1, 0)
            assert np.array_equal(found[label], again if domain == "photo" else image)
            assert not np.array_equal(again, image)


def test_pacs_takes_its_archives_first_and_refuses_damaged_ones(
    serve: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Any, root: Any
) -> None:
    images = pixels(4, 3, 16)
    pacs_served(serve, monkeypatch, images)
    pacs.PACS("sketch", "jpeg80", 16).fetch()
    assert not (root / "pacs" / "sketch").exists(), "the published file is at hand"
    members = {f"PACS/photo/{name}/056_0001.jpg": jpeg80(images[0]) for name in ("house", "person")}
    (tmp_path / "mirror" / "pacs").mkdir(parents=True)
    (tmp_path / "mirror" / "pacs" / "photo.tar").write_bytes(tar(members))
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))
    tree = pacs.JPEG80["photo"]
    own = dataclasses.replace(tree.archive, hashes=(f"sha256:{hashlib.sha256(tar(members)).hexdigest()}",), size=None)
    monkeypatch.setitem(pacs.JPEG80, "photo", dataclasses.replace(tree, archive=own))
    monkeypatch.setattr(pacs.PACS, "classes", ("house", "person"))
    assert sorted(pacs.PACS("photo", "jpeg80", 16).labels("all").tolist()) == [0, 1]

    (root / "pacs" / "cartoon.tar").write_bytes(b"damaged")
    with pytest.raises(DataError, match=r"cartoon\.tar has another sha256"):
        pacs.PACS("cartoon", "jpeg80", 16).fetch()


def test_caltech101_in_its_nested_archive(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    colours = {"anchor": (200, 0, 0), "yin_yang": (0, 0, 200), "BACKGROUND_Google": (0, 200, 0)}
    members = {
        f"101_ObjectCategories/{name}/image_{i:04}.jpg": smooth((90, 60 + 30 * i), colour)
        for name, colour in colours.items()
        for i in range(3)
    }
    inner = tar({**members, "101_ObjectCategories/BACKGROUND_Google/tmp": b""})
    archive = zipped({"caltech-101/101_ObjectCategories.tar.gz": inner, "__MACOSX/caltech-101/._x": b""})
    monkeypatch.setattr(caltech101.Caltech101, "counts", {"all": 6})
    monkeypatch.setattr(caltech101.Caltech101, "classes", ("anchor", "yin_yang"))
    monkeypatch.setattr(caltech101, "TREE", serve(dataclasses.replace(caltech101.TREE, count=9), archive))
    data = caltech101.Caltech101(size=32)
    assert data.inputs("all").shape == (6, 3, 32, 32)
    for image, label in zip(data.inputs("all"), data.labels("all"), strict=True):
        assert np.abs(image.mean((1, 2)) - [200 * (label == 0), 0, 200 * (label == 1)]).max() < 4


@pytest.mark.parametrize("variant", tiny_imagenet.TREES)
def test_tiny_imagenet_in_its_archive(variant: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Labels follow from folders and from the list of val; images of test have none and stay in the archive."""
    top, colours = "tiny-imagenet-200", {"n01443537": (0, 200, 0), "n04285008": (0, 0, 200), "n12267677": (200, 0, 0)}
    chosen = list(colours)[: 3 if variant == "original" else 2]
    members = {
        f"{top}/train/{wnid}/images/{wnid}_{i}.JPEG": smooth((64, 64), colours[wnid]) for wnid in chosen for i in (0, 1)
    }
    members |= {f"{top}/val/images/val_{i}.JPEG": smooth((64, 64), colours[wnid]) for i, wnid in enumerate(chosen)}
    boxes = "".join(f"val_{i}.JPEG\t{wnid}\t0\t0\t62\t62\n" for i, wnid in enumerate(chosen))
    members[f"{top}/val/val_annotations.txt"] = f"{boxes}val_9999.JPEG\tn02085620\t0\t0\t62\t62\n".encode()
    others = {f"{top}/test/images/test_0.JPEG": b"x", f"{top}/wnids.txt": b"x", f"{top}/words.txt": b"x"}
    archive = (zipped if variant == "original" else tar)({**members, **others})
    part = dataclasses.replace(tiny_imagenet.TREES[variant], count=len(members))
    monkeypatch.setattr(tiny_imagenet, "IN_BOTH", "n01443537 n04285008")
    monkeypatch.setattr(tiny_imagenet, "IN_ORIGINAL", "n12267677")
    monkeypatch.setitem(tiny_imagenet.PER_CLASS, variant, (2, 1))
    monkeypatch.setitem(tiny_imagenet.TREES, variant, serve(part, archive))
    data = tiny_imagenet.TinyImageNet(variant, 32)
    assert data.classes == ("goldfish", "sports car", "acorn")[: len(chosen)]
    assert data.man_made == ("sports car",)
    for split, count in (("train", 2), ("test", 1), ("all", 3)):
        assert np.bincount(data.labels(split)).tolist() == [count] * len(chosen)
        for image, label in zip(data.inputs(split), data.labels(split), strict=True):
            assert np.abs(image.mean((1, 2)) - colours[chosen[label]]).max() < 4


def test_tiny_imagenets_classes_have_a_name_and_a_kind_each() -> None:
    for variant, count in (("original", 200), ("100-classes", 100)):
        data = tiny_imagenet.TinyImageNet(variant)
        assert len(set(data.wnids)) == len(set(data.classes)) == count
        assert sorted(data.natural + data.man_made) == sorted(data.classes)
        assert {"goldfish", "lakeside"} < set(data.natural)
        assert {"school bus", "pizza"} < set(data.man_made), "dishes are man-made, as in the paper"
    assert set(tiny_imagenet.TinyImageNet("original").wnids) < set(wnids())


def test_bsds500_keeps_the_training_photographs(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    images = "BSR/BSDS500/data/images"
    members = {f"{images}/train/{i}.jpg": smooth((481, 321), (50 * i, 0, 0)) for i in range(3)}
    others = {f"{images}/train/Thumbs.db": b"x", f"{images}/test/9.jpg": b"x", "BSR/BSDS500/data/x.mat": b"x"}
    part = dataclasses.replace(bsds500.PHOTOGRAPHS, count=3)
    monkeypatch.setattr(bsds500, "PHOTOGRAPHS", serve(part, tar({**members, **others})))
    photographs = bsds500.BSDS500().photographs()
    assert [p.shape for p in photographs] == [(3, 321, 481)] * 3
    assert [round(float(p[0].mean()) / 50) for p in photographs] == [0, 1, 2]


def test_mnist_m_in_parquet_and_as_tensors(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    images, labels = pixels(4, 3, 32), [3, 1, 4, 1]
    content = parquet(image=[{"bytes": picture(i), "path": None} for i in images], label=labels)
    made = io.BytesIO()
    torch.save((torch.from_numpy(np.moveaxis(images[:, :, :28, :28], 1, -1).copy()), torch.tensor(labels)), made)
    archive = tar({"mnist_m_train.pt": made.getvalue()})
    for variant in ("published", "liyxi"):
        monkeypatch.setitem(mnist_m.COUNTS[variant], "train", 4)
    monkeypatch.setitem(mnist_m.PUBLISHED, "train", serve(mnist_m.PUBLISHED["train"], content))
    monkeypatch.setitem(mnist_m.LIYXI, "train", serve(mnist_m.LIYXI["train"], archive))
    published, liyxi = mnist_m.MNISTM("published"), mnist_m.MNISTM("liyxi")
    assert np.array_equal(published.inputs("train"), images[:, :, 2:30, 2:30])
    assert np.array_equal(liyxi.inputs("train"), images[:, :, :28, :28])
    assert published.labels("train").tolist() == liyxi.labels("train").tolist() == labels


def test_a_pickle_in_a_tensor_file_is_not_executed(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    class Evil:
        def __reduce__(self) -> tuple[Any, ...]:
            return (print, ("executed",))

    import torch

    made = io.BytesIO()
    torch.save(Evil(), made)
    archive = tar({"mnist_m_train.pt": made.getvalue()})
    monkeypatch.setitem(mnist_m.LIYXI, "train", serve(mnist_m.LIYXI["train"], archive))
    with pytest.raises(DataError, match=r"mnist_m_train\.pt is no whole file of tensors"):
        mnist_m.MNISTM("liyxi").inputs("train")


def test_office_caltech10(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    from scipy.io import savemat

    counts, labels, made = random.integers(0, 9, (6, 800)), [1, 2, 3, 10, 9, 2], io.BytesIO()
    savemat(made, {"fts": counts.astype(np.uint8), "labels": np.array(labels, np.uint8)[:, None]})
    monkeypatch.setitem(office_caltech10.COUNTS, "dslr", 6)
    monkeypatch.setitem(office_caltech10.FILES, "dslr", serve(office_caltech10.FILES["dslr"], made.getvalue()))
    data = office_caltech10.OfficeCaltechSURF("dslr")
    order = [int(np.flatnonzero((counts == row).all(1))[0]) for row in data.inputs("all")]
    assert sorted(order) == list(range(6)) != order
    assert data.labels("all").tolist() == [labels[i] - 1 for i in order]


def test_office_caltech10_refuses_another_file_and_another_domain(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scipy.io import savemat

    made = io.BytesIO()
    savemat(made, {"features": np.zeros((6, 800))})
    monkeypatch.setitem(office_caltech10.FILES, "webcam", serve(office_caltech10.FILES["webcam"], made.getvalue()))
    with pytest.raises(
        DataError, match=r"webcam_SURF_L10\.mat is no whole MATLAB file \(it holds no 'fts'\); remove it"
    ):
        office_caltech10.OfficeCaltechSURF("webcam").inputs("all")
    with pytest.raises(ValueError, match="office_caltech10 has no domain 'caltech'; it has amazon, caltech10, dslr"):
        office_caltech10.OfficeCaltechSURF("caltech")


COLOURS = {"back_pack": (200, 0, 0), "monitor": (0, 200, 0), "trash_can": (0, 0, 200)}
LAYOUTS = {
    "domain_adaptation_images.tar.gz": "{domain}/images/{name}/",
    "OFFICE31.zip": "OFFICE31/{domain}/{name}/",
    "DDC-transfer-learning.tar.gz": "DDC-transfer-learning-9090f7f/data/Office31/{domain}/images/{name}/",
}


def office31_archive(file: str, domains: tuple[str, ...] = office31.Office31.domains) -> bytes:
    """Two images of three classes in each domain, a little brighter from one domain to the next."""
    members = {
        LAYOUTS[file].format(domain=domain, name=name) + f"frame_{i:04}.jpg": smooth(
            (300, 300), (red + 10 * k, green + 10 * k, blue + 10 * k)
        )
        for k, domain in enumerate(domains)
        for name, (red, green, blue) in COLOURS.items()
        for i in (1, 2)
    }
    return (zipped if file.endswith(".zip") else tar)({**members, "README.jpg": b"x", "label.txt": b"x"})


@pytest.mark.parametrize("file", LAYOUTS)
def test_office31_in_archives_of_any_layout(file: str, serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    for k, domain in enumerate(office31.Office31.domains):
        part = dataclasses.replace(office31.ORIGINAL[domain], archive=File(file), count=6)
        monkeypatch.setitem(office31.COUNTS, domain, 6)
        monkeypatch.setitem(office31.ORIGINAL, domain, serve(part, office31_archive(file)))
        data = office31.Office31(domain, size=32)
        assert np.bincount(data.labels("all"))[[0, 15, 30]].tolist() == [2, 2, 2]
        for image, label in zip(data.inputs("all"), data.labels("all"), strict=True):
            assert np.abs(image.mean((1, 2)) - 10 * k - COLOURS[data.classes[label]]).max() < 4


def test_office31_comes_from_the_next_place_where_one_gives_a_page_or_nothing(
    server: Server, monkeypatch: pytest.MonkeyPatch, root: Any
) -> None:
    """What nobody published a digest of is told from a page by what it is, and its images by their own digest."""
    official = office31.ORIGINAL["dslr"].archive
    page = b"<!DOCTYPE html><html>Google Drive can't scan this file for viruses</html>"
    server.served["/drive"] = Served(page, kind="text/html")
    places = [dataclasses.replace(one, sources=(f"{server.url}/{one.name}",), hashes=()) for one in official.instead]
    archive = dataclasses.replace(official, sources=(f"{server.url}/drive",), instead=tuple(places))
    part = dataclasses.replace(office31.ORIGINAL["dslr"], archive=archive, count=6)
    with pytest.raises(DataError) as refusal:
        part.obtain("office31")
    for words in (
        "domain_adaptation_images.tar.gz or OFFICE31.zip or dslr.tgz",
        "is a web page",
        "404",
        f"put it at {root}/office31/domain_adaptation_images.tar.gz by hand (open https://drive.google.com/",
    ):
        assert words in str(refusal.value)
    server.served["/OFFICE31.zip"] = Served(office31_archive("OFFICE31.zip"))
    with pytest.raises(DataError, match=r"OFFICE31\.zip, unpacked, holds 6 files, but other content than expected"):
        part.obtain("office31")
    assert len(list(dataclasses.replace(part, sha256=None).obtain("office31").rglob("*.jpg"))) == 6


def test_office31s_amazon_is_compressed_as_the_others_in_one_variant_only(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, again = io.BytesIO(), io.BytesIO()
    grain = np.clip(np.kron(random.integers(0, 256, (75, 75, 3)), np.ones((4, 4, 1))), 0, 255).astype(np.uint8)
    Image.fromarray(grain).save(made, "JPEG", quality=95)
    Image.open(made).resize((256, 256), Image.Resampling.LANCZOS).save(again, "JPEG", quality=88, optimize=True)
    expected = {
        "original": np.asarray(Image.open(made).resize((256, 256), Image.Resampling.BILINEAR)),
        "jpeg88": np.asarray(Image.open(again)),
    }
    archive = tar({f"{domain}/images/bike/frame_0001.jpg": made.getvalue() for domain in ("amazon", "dslr")})
    for variants in (office31.ORIGINAL, office31.JPEG88):
        for domain in ("amazon", "dslr"):
            part = dataclasses.replace(variants[domain], name=f"{variants[domain].name}-one", count=1)
            monkeypatch.setitem(office31.COUNTS, domain, 1)
            monkeypatch.setitem(variants, domain, serve(part, archive))
    for domain, variant, content in (
        ("amazon", "original", "original"),
        ("amazon", "jpeg88", "jpeg88"),
        ("dslr", "original", "original"),
        ("dslr", "jpeg88", "original"),  # its files are compressed already
    ):
        image = office31.Office31(domain, variant).inputs("all")[:][0]
        assert np.array_equal(np.moveaxis(image, 0, -1), expected[content]), (domain, variant)
    assert not np.array_equal(expected["original"], expected["jpeg88"])


def test_without_a_packaging_of_compressed_images_the_published_ones_are_compressed_where_it_was(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A grainy photograph of 600 pixels a side becomes smaller and is compressed; others are not."""
    written = {}
    for name, side, grain in (("large", 600, 60), ("small", 300, 60), ("plain", 600, 0)):
        made = io.BytesIO()
        content = 128 + grain * random.standard_normal((side, side, 3))
        Image.fromarray(np.clip(content, 0, 255).astype(np.uint8)).save(made, "JPEG", quality=95 if grain else 1)
        written[name] = made.getvalue()
    again = io.BytesIO()
    opened = Image.open(io.BytesIO(written["large"]))
    opened.resize((256, 256), Image.Resampling.LANCZOS).save(again, "JPEG", quality=88, optimize=True)
    expected = {
        name: np.asarray(Image.open(io.BytesIO(content)).convert("RGB").resize((32, 32), Image.Resampling.BILINEAR))
        for name, content in (written | {"large": again.getvalue()}).items()
    }

    def shown(data: Any) -> list[bytes]:
        return sorted(np.moveaxis(image, 0, -1).tobytes() for image in data.inputs("all"))

    members = {f"webcam/images/mug/frame_000{i}.jpg": content for i, content in enumerate(written.values())}
    original = serve(dataclasses.replace(office31.ORIGINAL["webcam"], count=3), tar(members))
    packed = office31.JPEG88["webcam"]
    archive = dataclasses.replace(packed.archive, instead=(original.archive,))
    monkeypatch.setitem(office31.ORIGINAL, "webcam", original)
    monkeypatch.setitem(office31.JPEG88, "webcam", dataclasses.replace(packed, archive=archive, count=3))
    monkeypatch.setitem(office31.COUNTS, "webcam", 3)
    assert shown(office31.Office31("webcam", "jpeg88", 32)) == sorted(one.tobytes() for one in expected.values())
    assert shown(office31.Office31("webcam", "original", 32)) != sorted(one.tobytes() for one in expected.values())

    images = office_caltech10_images
    members = {f"256_ObjectCategories/041.mug/041_000{i}.jpg": one for i, one in enumerate(written.values())}
    whole = serve(images.CALTECH256, tar(members))
    mugs = [dataclasses.replace(tree, archive=whole, count=3) for tree in images.ORIGINAL if tree.name.endswith("041")]
    monkeypatch.setattr(images, "ORIGINAL", tuple(mugs))
    archive = dataclasses.replace(images.JPEG88.archive, instead=(whole,))
    monkeypatch.setattr(images, "JPEG88", dataclasses.replace(images.JPEG88, archive=archive, count=3))
    monkeypatch.setitem(office_caltech10.COUNTS, "caltech10", 3)
    data = images.OfficeCaltechImages("caltech10", "jpeg88", 32)
    assert shown(data) == sorted(one.tobytes() for one in expected.values())
    assert set(data.labels("all")) == {data.classes.index("mug")}


def test_office_caltech10_takes_ten_classes_of_office31(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its monitors and backpacks are there, its trash cans are not."""
    name = "domain_adaptation_images.tar.gz"
    part = dataclasses.replace(office31.ORIGINAL["webcam"], count=6)
    monkeypatch.setitem(office31.ORIGINAL, "webcam", serve(part, office31_archive(name, ("webcam",))))
    monkeypatch.setitem(office_caltech10.COUNTS, "webcam", 4)
    data = office_caltech10_images.OfficeCaltechImages("webcam", size=32)
    assert sorted(data.classes[label] for label in data.labels("all")) == ["backpack"] * 2 + ["monitor"] * 2
    for image, label in zip(data.inputs("all"), data.labels("all"), strict=True):
        colour = COLOURS["back_pack" if data.classes[label] == "backpack" else "monitor"]
        assert np.abs(image.mean((1, 2)) - colour).max() < 4
    assert [one.name for one in data.made_from] == ["office31-webcam"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("variant", office_caltech10_images.OfficeCaltechImages.variants)
def test_office_caltech10s_fourth_domain_is_ten_classes_of_caltech256(
    variant: str, serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A class has a shade, and a photograph is red on its left half and blue on its right, whatever its shape."""
    numbers = [number for number, _ in office_caltech10_images.IN_CALTECH256.values()]
    folder = "256_ObjectCategories/{}.name" if variant == "original" else "caltech10/class-{}"
    members = {"256_ObjectCategories/056.dog/056_0001.jpg": b"x", "256_ObjectCategories/003.backpack/RENAME2": b"x"}
    for label, number in enumerate(numbers):
        halves = np.zeros((3, 90, 240), np.uint8)
        halves[0, :, :120] = halves[2, :, 120:] = 100 + 15 * label
        members[f"{folder.format(number)}/{number}_0001.jpg"] = picture(halves)
    archive = tar(members)
    if variant == "original":
        trees = tuple(serve(dataclasses.replace(t, count=1), archive) for t in office_caltech10_images.ORIGINAL)
        monkeypatch.setattr(office_caltech10_images, "ORIGINAL", trees)
    else:
        part = dataclasses.replace(office_caltech10_images.JPEG88, count=10)
        monkeypatch.setattr(office_caltech10_images, "JPEG88", serve(part, archive))
    monkeypatch.setitem(office_caltech10.COUNTS, "caltech10", 10)
    data = office_caltech10_images.OfficeCaltechImages("caltech10", variant, 32)
    labels = data.labels("all").tolist()
    assert sorted(labels) == list(range(10)) != labels
    for image, label in zip(data.inputs("all"), labels, strict=True):
        shade = 100 + 15 * label
        assert np.abs(image[0, :, :14].astype(int) - shade).max() < 3, "to its left edge: nothing was cut off"
        assert np.abs(image[2, :, 18:].astype(int) - shade).max() < 3


def test_office_caltech10s_googlenet_features_lie_in_the_files_order_as_its_words_do(
    serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    from scipy.io import savemat

    labels, features, words = [1, 2, 3, 10, 9, 2], io.BytesIO(), io.BytesIO()
    rows = np.arange(6)[:, None] + np.linspace(0, 0.5, 1024, dtype=np.float32)
    savemat(features, {"fts": rows, "labels": np.array([labels])})
    counts = np.tile(np.arange(6, dtype=np.uint8)[:, None], (1, 800))
    savemat(words, {"fts": counts, "labels": np.array(labels, np.uint8)[:, None]})
    monkeypatch.setitem(office_caltech10.COUNTS, "dslr", 6)
    for module, content in ((office_caltech10_googlenet, features), (office_caltech10, words)):
        digest = f"sha256:{hashlib.sha256(content.getvalue()).hexdigest()}"
        file = dataclasses.replace(serve(module.FILES["dslr"], content.getvalue()), hashes=(digest,))
        monkeypatch.setitem(module.FILES, "dslr", file)
    data, surf = office_caltech10_googlenet.OfficeCaltechGoogLeNet("dslr"), office_caltech10.OfficeCaltechSURF("dslr")
    inputs = np.asarray(data.inputs("all"))
    assert inputs.dtype == np.float32 and inputs.shape == (6, 1024)
    assert inputs[:, 0].tolist() == np.asarray(surf.inputs("all"))[:, 0].tolist()
    assert data.labels("all").tolist() == surf.labels("all").tolist() == [labels[int(i)] - 1 for i in inputs[:, 0]]
    with pytest.raises(ValueError, match="has no domain 'caltech10'; it has amazon, dslr, webcam"):
        office_caltech10_googlenet.OfficeCaltechGoogLeNet("caltech10")
