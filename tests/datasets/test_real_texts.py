"""The real texts, where MTL_BENCH_MIRROR names a folder that has them: counts, labels, and which share texts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from scipy import sparse

from mtl_bench.datasets.amazon_texts import AmazonTexts
from mtl_bench.datasets.fdu_reviews import FDUReviews
from mtl_bench.datasets.files.texts import FromTexts
from mtl_bench.datasets.glove import GloVe
from mtl_bench.datasets.hatn_reviews import HATNReviews
from mtl_bench.datasets.imdb import IMDB
from mtl_bench.datasets.mr import MR
from mtl_bench.datasets.msrp import MSRP
from mtl_bench.datasets.sick import SICK
from mtl_bench.datasets.snli import SNLI
from mtl_bench.datasets.sst2 import SST2
from mtl_bench.datasets.trec import TREC
from mtl_bench.datasets.wrappers.distinct import Distinct
from mtl_bench.datasets.wrappers.texts_apart import TextsApart
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.inputs.texts import SEPARATOR, letters_of, words_of

pytestmark = [pytest.mark.usefixtures("mirror"), pytest.mark.slow]
DEV_AND_TEST = SNLI("dev-and-test")
CLASSES: list[tuple[FromTexts, dict[str, list[int]]]] = [
    (MR(), {"all": [5331, 5331], "train": [4225, 4305], "test": [1106, 1026]}),
    (IMDB(), {"train": [12_500, 12_500], "test": [12_500, 12_500]}),
    (TREC(), {"train": [86, 1162, 1250, 1223, 835, 896], "test": [9, 138, 94, 65, 81, 113]}),
    (DEV_AND_TEST, {"train": [3329, 3235, 3278], "test": [3368, 3219, 3237]}),
    (SICK(), {"train": [1299, 2536, 665], "trial": [144, 282, 74], "test": [1414, 2793, 720]}),
    (MSRP(), {"train": [1323, 2753], "test": [578, 1147]}),
    (SST2(), {"train": [29_780, 37_569], "test": [428, 444]}),
    *((AmazonTexts(domain), {"all": [1000, 1000]}) for domain in AmazonTexts.domains),
]


@pytest.mark.parametrize(("data", "counts"), CLASSES, ids=lambda value: getattr(value, "name", ""))
def test_classes_have_their_published_counts(data: FromTexts, counts: dict[str, list[int]]) -> None:
    assert {split: np.bincount(data.labels(split)).tolist() for split in counts} == counts


def test_fdu_reviews_are_sixteen_tasks_of_400_test_texts() -> None:
    every = [FDUReviews(domain) for domain in FDUReviews.domains]
    assert len(every) == 16
    assert sum(len(data.inputs("train")) for data in every) == 25_380
    for data in every:
        assert len(data.inputs("test")) == 400
        assert abs(data.labels("train").mean() - 0.5) < 0.04


def accuracy(data: FromTexts) -> float:
    """Percent of test texts that naive Bayes on the words of training texts classifies correctly."""
    words = Words(data, (data,))
    counts = {}
    for split in ("train", "test"):
        tokens = words.inputs(split)
        places = np.repeat(np.arange(len(tokens)), tokens.lengths), tokens.values
        shape = len(tokens), len(words.words()) + 2
        counts[split] = sparse.csr_matrix((np.ones(len(tokens.values)), places), shape)
    labels = data.labels("train")
    of_class = np.stack([np.ravel(counts["train"][labels == label].sum(0)) + 1 for label in range(len(data.classes))])
    scores = counts["test"] @ np.log(of_class / of_class.sum(1, keepdims=True)).T
    return float(100 * (scores.argmax(1) == data.labels("test")).mean())


@pytest.mark.parametrize(
    ("data", "least"),
    [(MR(), 75), (TREC(), 70), (SST2(), 78), (DEV_AND_TEST, 45)]
    + [(FDUReviews(domain), 65) for domain in FDUReviews.domains]
    + [(AmazonTexts(domain), 72) for domain in AmazonTexts.domains],
    ids=lambda value: getattr(value, "name", ""),
)
def test_labels_belong_to_their_texts(data: FromTexts, least: float) -> None:
    assert least < accuracy(data) < 95


def test_hatn_reviews_are_those_that_their_authors_tested_and_some_are_there_twice(mirror: Path) -> None:
    if not (mirror / HATNReviews.folder).is_dir():
        pytest.skip("MTL_BENCH_MIRROR has no HATN reviews")
    begins = {"books": "entertaining. I found this story very entertaining.", "kitchen": "Premier Citronella Spray"}
    for domain, begin in begins.items():
        data = HATNReviews(domain)  # whose release has these texts, cut into tokens, at the head of its test part
        assert [sum(text.startswith(begin) for text in data.texts(split)) for split in ("train", "test")] == [0, 1]
        assert np.bincount(data.labels("all")).tolist() == [3_000, 3_000]
    assert accuracy(HATNReviews("books")) > 72
    again = {domain: 6_000 - len(Distinct(HATNReviews(domain)).inputs("all")) for domain in HATNReviews.domains}
    assert again == {"books": 155, "dvd": 283, "electronics": 292, "kitchen": 176, "video": 1781}


@pytest.mark.parametrize(("data", "alike", "other"), [(SICK(), 0, 1), (DEV_AND_TEST, 0, 1), (MSRP(), 1, 0)])
def test_labels_belong_to_their_pairs(data: FromTexts, alike: int, other: int) -> None:
    """Pairs of which one text follows from the other have more words in common."""
    pairs = [[set(words_of(text)) for text in pair.split(SEPARATOR)] for pair in data.texts("test")]
    common = np.array([len(one & another) / len(one | another) for one, another in pairs])
    labels = data.labels("test")
    assert common[labels == alike].mean() > common[labels == other].mean() + 0.05


def repeated(source: FromTexts, *tested: FromTexts, **options: Any) -> int:
    """How many training texts are left out."""
    return len(source.labels("train")) - len(TextsApart(source, tested, **options).inputs("train"))


SHARED = [
    (MR(), SST2(), 595),
    (SST2(), MR(), 1493),
    (MR(), FDUReviews("MR"), 325),
    (FDUReviews("MR"), MR(), 328),
    (FDUReviews("MR"), SST2(), 97),
    (SST2(), FDUReviews("MR"), 291),
    (FDUReviews("books"), AmazonTexts("books"), 9),
    (FDUReviews("dvd"), AmazonTexts("dvd"), 22),
    (FDUReviews("electronics"), AmazonTexts("electronics"), 11),
    (FDUReviews("kitchen_housewares"), AmazonTexts("kitchen"), 2),
    (AmazonTexts("books"), FDUReviews("books"), 5),
    (AmazonTexts("dvd"), FDUReviews("dvd"), 19),
    (AmazonTexts("electronics"), FDUReviews("electronics"), 16),
    (AmazonTexts("kitchen"), FDUReviews("kitchen_housewares"), 4),
    (FDUReviews("imdb"), IMDB(), 9),
    (IMDB(), FDUReviews("imdb"), 1),
    (IMDB(), MR(), 0),
    (IMDB(), TREC(), 0),
    (DEV_AND_TEST, SICK(), 0),
    (DEV_AND_TEST, MSRP(), 0),
    # Test texts that lie in the training part of the same data set.
    (IMDB(), IMDB(), 123),
    (SICK(), SICK(), 59),
    (TREC(), TREC(), 11),
    (FDUReviews("magazines"), FDUReviews("magazines"), 186),
    (FDUReviews("video"), FDUReviews("video"), 223),
]


@pytest.mark.parametrize(("source", "tested", "count"), SHARED, ids=lambda value: getattr(value, "name", ""))
def test_so_many_training_texts_are_tested_elsewhere(source: FromTexts, tested: FromTexts, count: int) -> None:
    assert repeated(source, tested) == count


def test_mr_in_fdu_is_a_part_of_mr_and_imdb_in_fdu_one_of_imdb() -> None:
    for whole, part, absent in ((MR(), FDUReviews("MR"), 0), (IMDB(), FDUReviews("imdb"), 1)):
        splits = ("all",) if whole.name == "mr" else whole.splits
        known = {letters_of(text) for split in splits for text in whole.texts(split)}
        found = [letters_of(text) in known for split in part.splits for text in part.texts(split)]
        assert found.count(False) == absent


def test_words_in_a_row_find_sst2s_sentences_in_mrs_paragraphs() -> None:
    assert repeated(MR(), SST2(), run=6) > repeated(MR(), SST2())
    assert repeated(SST2(), MR(), run=6) > 5 * repeated(SST2(), MR())


def test_glove_has_most_words_of_reviews_and_like_words_lie_near() -> None:
    vectors, known = GloVe("30000-words").vectors(["good", "great", "bad", "film", "movie", "twelve", "xqzzz"])
    assert known.tolist() == [True] * 6 + [False]
    unit = vectors[:6] / np.linalg.norm(vectors[:6], axis=1, keepdims=True)
    near = unit @ unit.T
    assert near[3, 4] > 0.8 > near[3, 5]
    assert near[0, 1] > near[0, 3]
    words = Words(MR(), (MR(),), most_words=1000).words()
    plain = [word for word in words if word.isascii() and word.isalpha() and len(word) > 1]
    assert GloVe("30000-words").vectors(plain)[1].mean() > 0.98
