"""Amazon reviews from files of the published form, one by one or in their archive, and from a mirror the real ones."""

from __future__ import annotations

import dataclasses
import io
import tarfile
from pathlib import Path

import numpy as np
import pytest

from mtl_bench.datasets import amazon_reviews
from mtl_bench.datasets.amazon_reviews import FILES, PACKED, WORDS, AmazonReviews
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.inputs.rows import Sparse, digest

COUNTS = {"train": 6, "test": 4}


def published(split: str, words: int = WORDS) -> bytes:
    """Review i has its number plus one of word i and two of the last word; odd ones are positive."""
    lines = [f"{1 if i % 2 else -1} {i}:{i + 1} {words - 1}:2" for i in range(COUNTS[split])]
    return "\n".join([*lines, ""]).encode()


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A mirror for few reviews, without digests; the published place is not asked."""
    archive = dataclasses.replace(PACKED.archive, hashes=(), size=None)
    monkeypatch.setattr(amazon_reviews, "PACKED", dataclasses.replace(PACKED, archive=archive, sha256=None))
    for place, file in list(FILES.items()):
        changed = dataclasses.replace(file, hashes=(), size=None, sources=(), instead=(archive,))
        monkeypatch.setitem(amazon_reviews.FILES, place, changed)
    monkeypatch.setattr(amazon_reviews, "TRAIN", COUNTS["train"])
    monkeypatch.setitem(amazon_reviews.TEST, "dvd", COUNTS["test"])
    monkeypatch.setenv("MTL_BENCH_MIRROR", str(tmp_path / "mirror"))
    (tmp_path / "mirror" / "amazon").mkdir(parents=True)
    return tmp_path / "mirror" / "amazon"


def put(mirror: Path, packed: bool, words: int = WORDS) -> None:
    """The files of all domains, one by one or in the archive."""
    contents = {file.name: published(split, words) for (_, split), file in FILES.items()}
    if not packed:
        for name, content in contents.items():
            (mirror / name).write_bytes(content)
        return
    with tarfile.open(mirror / PACKED.archive.name, "w:xz") as archive:
        for name, content in contents.items():
            member = tarfile.TarInfo(f"data/{name}")
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))


@pytest.mark.parametrize("packed", [False, True])
def test_counts_keep_their_words_and_their_labels(packed: bool, small: Path) -> None:
    put(small, packed)
    data = AmazonReviews("dvd")
    assert data.name == "amazon-reviews-dvd"
    for split, count in COUNTS.items():
        rows = data.inputs(split)
        assert isinstance(rows, Sparse) and rows.shape == (count, WORDS) and rows.dtype == np.float32
        expected = np.zeros((count, WORDS), np.float32)
        expected[np.arange(count), np.arange(count)] = np.arange(count) + 1
        expected[:, -1] = 2
        assert np.array_equal(rows[:], expected)
        assert data.labels(split).tolist() == [i % 2 for i in range(count)]
    both = [np.concatenate([f("train")[:], f("test")[:]]) for f in (data.inputs, data.labels)]
    assert np.array_equal(data.inputs("all")[:], both[0]) and np.array_equal(data.labels("all"), both[1])


def test_both_packagings_are_one_content(small: Path, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    digests = []
    for packed in (False, True):
        monkeypatch.setenv("MTL_BENCH_DATA", str(root / str(packed)))
        put(small, packed)
        digests.append(digest(AmazonReviews("dvd").inputs("all")))
        for path in small.iterdir():
            path.unlink()
    assert digests[0] == digests[1]


def test_a_word_beyond_the_5000_is_refused_in_a_sentence(small: Path) -> None:
    put(small, packed=False, words=WORDS + 1)
    with pytest.raises(DataError, match=r"amazon: .*dvd_train.svmlight is no whole svmlight file \(.*\); remove it"):
        AmazonReviews("dvd").inputs("train")


def test_an_unknown_domain_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="amazon has no domain 'video'; it has books, dvd, electronics, kitchen"):
        AmazonReviews("video")


@pytest.mark.usefixtures("mirror")
@pytest.mark.parametrize("domain", AmazonReviews.domains)
def test_the_real_reviews_have_the_published_counts_and_the_stated_repeats(domain: str) -> None:
    data = AmazonReviews(domain)
    assert np.bincount(data.labels("train")).tolist() == [1000, 1000]
    counts = data.inputs("all").matrix
    assert np.array_equal(counts.data, np.rint(counts.data)) and counts.data.min() == 1
    empty = np.diff(counts.indptr) == 0
    assert empty.sum() == (3 if domain == "electronics" else 0)
    train = {row.tobytes(): label for row, label in zip(data.inputs("train")[:], data.labels("train"), strict=True)}
    test = zip(data.inputs("test")[:], data.labels("test"), strict=True)
    again = [label == train[row.tobytes()] for row, label in test if row.tobytes() in train]
    assert len(again) == data.repeated and all(again)
