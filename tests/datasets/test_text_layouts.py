"""Data sets of texts read from small archives in the layout of the published ones; damaged ones are one sentence."""

from __future__ import annotations

import dataclasses
import gzip
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mtl_bench.datasets import (
    amazon_texts,
    fdu_reviews,
    glove,
    hatn_reviews,
    imdb,
    mr,
    msrp,
    sick,
    snli,
    sst2,
    trec,
    word2vec,
)
from mtl_bench.datasets.files.extract import Tree
from mtl_bench.datasets.files.placed import DataError
from mtl_bench.datasets.files.texts import FromTexts
from mtl_bench.inputs.texts import SEPARATOR
from tests.datasets.test_placing import tar, zipped

Give = Callable[[Any, bytes], Any]


@pytest.fixture
def give(tmp_path: Path) -> Give:
    """The same file or tree with this content as its only source, and no digest or size of the published one."""

    def give(part: Any, content: bytes) -> Any:
        if isinstance(part, Tree):
            return dataclasses.replace(part, archive=give(part.archive, content), sha256=None)
        source = tmp_path / "published" / part.name
        source.parent.mkdir(exist_ok=True)
        source.write_bytes(content)
        return dataclasses.replace(part, sources=(str(source),), hashes=(), size=None, instead=())

    return give


def items(data: FromTexts, split: str) -> set[tuple[str, str]]:
    """Each text with its class."""
    labels = data.labels(split).tolist()
    return {(data.classes[label], text) for label, text in zip(labels, data.texts(split), strict=True)}


def lines(*rows: str) -> bytes:
    return "".join(f"{row}\n" for row in rows).encode()


def mr_of(give: Give, monkeypatch: pytest.MonkeyPatch, negative: bytes, positive: bytes, count: int) -> mr.MR:
    members = {"rt-polarity.neg": negative, "rt-polarity.pos": positive, "rt-polaritydata.README.1.0.txt": b"x"}
    archive = tar({f"rt-polaritydata/{name}": content for name, content in members.items()})
    monkeypatch.setattr(mr, "TREE", give(mr.TREE, archive))
    monkeypatch.setitem(mr.MR.counts, "all", count)
    return mr.MR()


def test_mr_is_cut_as_data_sets_without_splits_are(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    negative = lines("dull .", "no plot at all .").replace(b"dull", b"clich\xe9 \x85") + b"never again .\n"
    data = mr_of(give, monkeypatch, negative, lines("a joy .", "fine ."), 5)
    assert items(data, "all") == {
        ("negative", "cliché ."), ("negative", "no plot at all ."), ("negative", "never again ."),
        ("positive", "a joy ."), ("positive", "fine ."),
    }  # fmt: skip
    assert data.texts("train") + data.texts("test") == data.texts("all")
    assert [len(data.inputs(split)) for split in data.splits] == [4, 1, 5]
    assert data.labels("train").tolist() + data.labels("test").tolist() == data.labels("all").tolist()


def test_another_number_of_texts_is_one_sentence(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    data = mr_of(give, monkeypatch, lines("dull ."), lines("fine ."), 10_662)
    with pytest.raises(DataError, match=r"^mr: its files hold 2 texts of all where 10,662 were expected; remove them"):
        data.inputs("all")


@pytest.mark.parametrize(
    ("negative", "said"),
    [
        (
            "dull .\nbad .\n".encode("utf-16"),
            r"rt-polarity.neg is no whole list of texts \(line 1: it holds a zero byte",
        ),
        (
            b"dull .\n\0\n",
            r"rt-polarity.neg is no whole list of texts \(line 2: it holds a zero byte, which no text has\)",
        ),
    ],
)
def test_what_is_no_text_is_named_by_file_and_line(
    negative: bytes, said: str, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(DataError, match=said + ".*; remove it and fetch it again$"):
        mr_of(give, monkeypatch, negative, lines("fine ."), 3).inputs("all")


def test_imdb(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    reviews = {"train/neg/0_3.txt": "Bad.<br /><br />Very bad.", "train/pos/0_9.txt": "Good", "test/neg/1_1.txt": "No"}
    more = {"test/pos/7_10.txt": "Yes…", "train/unsup/0_0.txt": "So", "README": "x", "train/urls_neg.txt": "http"}
    archive = tar({f"aclImdb/{name}": text.encode() for name, text in (reviews | more).items()})
    monkeypatch.setattr(imdb, "TREE", dataclasses.replace(give(imdb.TREE, archive), count=4))
    monkeypatch.setattr(imdb.IMDB, "counts", {"train": 2, "test": 2})
    assert items(imdb.IMDB(), "train") == {("negative", "Bad. Very bad."), ("positive", "Good")}
    assert items(imdb.IMDB(), "test") == {("negative", "No"), ("positive", "Yes…")}


@pytest.mark.parametrize("packed", [False, True])
def test_trec_as_published_and_packed(packed: bool, give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines("NUM:dist How far is it ?", "HUM:ind Who is it ?").replace(b"far", b"f\xf0r")
    monkeypatch.setattr(trec.TREC, "counts", {"train": 2, "test": 2})
    archive = tar({"train_5500.label": b"", "TREC_10.label": content}, mode="w:xz")
    file = trec.FILES["test"]
    if packed:
        there = give(trec.PACKED, archive)
        monkeypatch.setattr(trec, "TREE", dataclasses.replace(trec.TREE, archive=there))
        monkeypatch.setitem(trec.FILES, "test", dataclasses.replace(file, sources=(), instead=(there,)))
    else:
        monkeypatch.setitem(trec.FILES, "test", give(file, content))
    assert items(trec.TREC(), "test") == {("number", "How fðr is it ?"), ("human being", "Who is it ?")}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("NUM:dist", "line 2: it begins with 'NUM:dist', not with a class such as NUM:dist and a blank"),
        ("How far is it ?", "line 2: it begins with 'How', not with a class"),
        ("", "line 2: it begins with '', not"),
        ("NAM:dist How far ?", "line 2: 'NAM' is none of the labels ABBR, DESC, ENTY, HUM, LOC, NUM"),
    ],
)
def test_a_question_without_a_class_is_named(line: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "TREC_10.label"
    path.write_bytes(lines("HUM:ind Who is it ?", line, "HUM:ind Who is it ?"))
    with pytest.raises(
        DataError, match=rf"TREC_10.label is no whole list of texts \({re.escape(said)}.*fetch it again$"
    ):
        trec.questions(path)


def test_snli_leaves_out_pairs_without_a_majority(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = ("gold_label\tparse\tsentence1\tsentence2\tid", "neutral\t( A )\tA dog .\tIt's  big .\t1", "-\t( )\tA\tB\t2")
    archive = zipped({f"snli_1.0/snli_1.0_{split}.txt": lines(*rows) for split in ("train", "dev", "test")})
    monkeypatch.setattr(snli, "ORIGINAL", give(snli.ORIGINAL, archive))
    packed = {"dev": "entailment\ta\tb", "test": "contradiction\tc\td"}
    header = "label\tpremise\thypothesis"
    members = {f"snli/snli_{split}.tsv": lines(header, row) for split, row in packed.items()}
    monkeypatch.setattr(snli, "DEV_AND_TEST", give(snli.DEV_AND_TEST, tar(members, mode="w:xz")))
    monkeypatch.setattr(snli, "COUNTS", {variant: {"train": 1, "test": 1} for variant in snli.COUNTS})
    for split in ("train", "test"):
        assert items(snli.SNLI(), split) == {("neutral", f"A dog .{SEPARATOR}It's big .")}
    part = snli.SNLI("dev-and-test")
    assert items(part, "train") == {("entailment", f"a{SEPARATOR}b")}
    assert items(part, "test") == {("contradiction", f"c{SEPARATOR}d")}


def test_sick_in_an_archive_for_each_split(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    header = "pair_ID\tsentence_A\tsentence_B\trelatedness_score\tentailment_judgment"
    for split, tree in sick.TREES.items():
        rows = lines(header, f"1\tOne {split}\tTwo\t4.5\tNEUTRAL").replace(b"\n", b"\r\n")
        archive = zipped({"readme.txt": b"x", tree.keep.removeprefix("*"): rows})
        monkeypatch.setitem(sick.TREES, split, give(tree, archive))
    monkeypatch.setattr(sick.SICK, "counts", dict.fromkeys(sick.SICK.splits, 1))
    for split in sick.SICK.splits:
        assert items(sick.SICK(), split) == {("neutral", f"One {split}{SEPARATOR}Two")}


def test_msrp_has_quotes_that_quote_nothing(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    content = lines("\ufeffQuality\t#1 ID\t#2 ID\t#1 String\t#2 String", '1\t7\t8\t"So, he said.\tHe "said" so.')
    members = {f"msr-paraphrase-corpus/msr_paraphrase_{split}.txt": content for split in ("train", "test")}
    monkeypatch.setattr(msrp, "TREE", give(msrp.TREE, tar(members, mode="w:xz")))
    monkeypatch.setitem(msrp.SENTEVAL, "test", give(msrp.SENTEVAL["test"], content))
    monkeypatch.setattr(msrp.MSRP, "counts", {"train": 1, "test": 1})
    for data in (msrp.MSRP(), msrp.MSRP("senteval")):
        assert items(data, "test") == {("equivalent", f'"So, he said.{SEPARATOR}He "said" so.')}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "line 1: it names no column 'label'"),
        (lines("sentence", "fine"), "line 1: it names no column 'label'"),
        (lines("sentence\tlabel", "fine\t1", "so "), "line 3: it has 1 columns where 2 were expected"),
        (lines("sentence\tlabel", "fine\t"), "line 2: '' is none of the labels 0, 1"),
        (lines("sentence\tlabel", "fine\t7"), "line 2: '7' is none of the labels 0, 1"),
        (lines("sentence\tlabel", "fine\t1").replace(b"i", b"\xff"), "line 2: 'utf-8' codec can't decode byte 0xff"),
    ],
)
def test_a_damaged_table_is_named_by_file_and_line(
    content: bytes, said: str, give: Give, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sst2, "TREE", give(sst2.TREE, zipped({"SST-2/train.tsv": content, "SST-2/dev.tsv": content})))
    for ask in (sst2.SST2().inputs, sst2.SST2().labels):
        with pytest.raises(DataError, match=rf"^sst2: .*dev.tsv is no whole list of texts \({re.escape(said)}"):
            ask("test")


def test_sst2(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    content = {"train": lines("sentence\tlabel", "fine \t1", "dull\t0"), "dev": lines("sentence\tlabel", "good\t1")}
    archive = zipped(
        {f"SST-2/{name}.tsv": text for name, text in (content | {"test": lines("index\tsentence")}).items()}
    )
    monkeypatch.setattr(sst2, "TREE", give(sst2.TREE, archive))
    monkeypatch.setattr(sst2.SST2, "counts", {"train": 2, "test": 1})
    assert items(sst2.SST2(), "train") == {("positive", "fine"), ("negative", "dull")}
    assert items(sst2.SST2(), "test") == {("positive", "good")}


def test_fdu_reviews_are_utf8_but_for_some_lines(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    content = "1\ta café .\n".encode() + b"0\tno caf\xe9 .\n"
    members = {f"mtl-dataset/{task}.task.{s}": content for task in ("dvd", "MR") for s in ("train", "test", "unlabel")}
    monkeypatch.setattr(fdu_reviews, "TREE", dataclasses.replace(give(fdu_reviews.TREE, tar(members)), count=4))
    monkeypatch.setattr(fdu_reviews.FDUReviews, "counts", {"train": 2, "test": 2})
    for task in ("dvd", "MR"):
        data = fdu_reviews.FDUReviews(task)
        assert items(data, "test") == {("positive", "a café ."), ("negative", "no café .")}
    with pytest.raises(ValueError, match="has no domain 'wine'; it has apparel, baby, books"):
        fdu_reviews.FDUReviews("wine")


def test_hatn_reviews_are_cut_in_the_order_of_their_authors(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hatn_reviews, "OF_A_CLASS", 5)
    monkeypatch.setattr(hatn_reviews, "LEARNT", 3)
    monkeypatch.setattr(hatn_reviews.HATNReviews, "counts", {"train": 6, "test": 4, "all": 10})
    data = hatn_reviews.HATNReviews("dvd")
    files = [give(file, lines(*(f"{file.name} {i} &amp; so on" for i in range(5)))) for file in data.files]
    monkeypatch.setattr(hatn_reviews.HATNReviews, "files", files)
    learnt, tested = items(data, "train"), items(data, "test")
    assert not learnt & tested
    assert learnt | tested == items(data, "all")
    random = np.random.RandomState(7)  # of their preprocessing
    positive, negative = random.permutation(5), random.permutation(5)
    expected = {("positive", f"dvd.positive {i} & so on") for i in positive[3:]}
    assert tested == expected | {("negative", f"dvd.negative {i} & so on") for i in negative[3:]}


# --- Amazon's reviews, whose marks look like XML's


def review(text: str, rating: str = "1.0") -> str:
    return (
        f"<review>\n<unique_id>\n\n</unique_id>\n<rating>\n{rating}\n</rating>\n<title>\nSo\n</title>\n"
        f"<review_text>\n{text}\n</review_text>\n</review>\n"
    )


def read(content: bytes, folder: Path, name: str = "negative") -> list[tuple[str, ...]]:
    path = folder / f"{name}.review"
    path.write_bytes(content)
    return amazon_texts.reviews(path, name)


def test_amazon_texts(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    folders = amazon_texts.FOLDERS.values()
    negative, positive = (
        review("Bad.\n\n&quot;Very&quot; <b> bad.").encode(),
        f"<data>\n{review('Good', '5.0')}</data>\n",
    )
    members = {f"sorted_data_acl/{folder}/negative.review": negative for folder in folders}
    members |= {f"sorted_data_acl/{folder}/positive.review": positive.encode() for folder in folders}
    members |= {f"sorted_data_acl/{folder}/unlabeled.review": b"" for folder in folders}
    monkeypatch.setattr(amazon_texts, "TREE", give(amazon_texts.TREE, tar(members)))
    monkeypatch.setitem(amazon_texts.AmazonTexts.counts, "all", 2)
    for domain in amazon_texts.AmazonTexts.domains:
        data = amazon_texts.AmazonTexts(domain)
        assert items(data, "all") == {("negative", 'Bad. "Very" <b> bad.'), ("positive", "Good")}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (review("Bad").replace("<rating>\n1.0\n</rating>\n", ""), "line 1: the review has no rating"),
        (review("Bad", ""), "line 1: the review has no rating"),
        (review("Bad") + review(""), "line 15: the review has no text"),
        (review("Bad", "one"), "line 1: the review's rating 'one' is no number"),
        (review("Bad", "nan"), "line 1: a review of nan stars is not negative"),
        (review("Bad", "3.0"), "line 1: a review of 3.0 stars is not negative"),
        (review("Bad", "5.0"), "line 1: a review of 5.0 stars is not negative"),
        (review("Bad")[:-30], "line 11: it ends within the review of line 1"),
        (
            review("Bad").replace("</rating>\n", ""),
            "line 13: '</review>' stands within <rating> of the review of line 1",
        ),
        (review("Bad").replace("</review>", ""), None),
        (
            review("Bad").replace("</review>\n", "") + review("Bad"),
            "line 14: '<review>' stands within the review of line 1",
        ),
        ("so\n" + review("Bad"), "line 1: 'so' stands outside of a review"),
        (review("Bad").replace("<rating>", "rating"), "line 5: 'rating' stands within the review of line 1"),
    ],
)
def test_a_damaged_review_is_named_by_file_and_line(content: str, said: str | None, tmp_path: Path) -> None:
    expected = re.escape(said) if said else r"line \d+: it ends within the review of line 1"
    with pytest.raises(DataError, match=rf"negative.review is no whole list of \w+ \({expected}\); remove it"):
        read(content.encode(), tmp_path)


WHOLE = (review("Bad") + review("Worse, café\n\nand so on", "2.0")).encode()


@pytest.mark.slow
@settings(derandomize=True, deadline=None, max_examples=300)
@given(
    st.integers(0, len(WHOLE)),
    st.integers(0, 40),
    st.binary(max_size=6) | st.sampled_from([b"<review>\n", b"</review>\n", b"<rating>\n", b"\xff\xfe", b"\0", b"\n"]),
)
@example(0, 0, WHOLE.decode().encode("utf-16"))
def test_a_corpus_damaged_anywhere_gives_reviews_or_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, start: int, cut: int, put: bytes
) -> None:
    folder = tmp_path_factory.mktemp("fuzzed", numbered=True)
    sentence, found = "", []
    try:
        found = read(WHOLE[:start] + put + WHOLE[start + cut :], folder)
    except DataError as error:
        sentence = str(error)
    if sentence:
        assert re.search(r"negative\.review is no whole list of \w+ \(line \d+: .*\); remove it and fetch", sentence)
    assert "\n" not in sentence
    assert all(name == "negative" and text.strip() for name, text in found)


# --- vectors of words


def test_glove_in_both_packagings(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    words, vectors = ["the", "of", "naïve"], np.arange(300, dtype=np.float32).reshape(3, 100) / 8
    text = "\n".join(f"{word} {' '.join(map(str, row))}" for word, row in zip(words, vectors, strict=True)) + "\n"
    made = io.BytesIO()
    np.savez(made, vectors=vectors.astype(np.float16))
    monkeypatch.setattr(glove, "BLOCK", 2)
    monkeypatch.setattr(glove, "COUNTS", dict.fromkeys(glove.COUNTS, 3))
    monkeypatch.setattr(glove, "ORIGINAL", give(glove.ORIGINAL, zipped({"glove.6B.100d.txt": text.encode(), "x": b""})))
    monkeypatch.setattr(glove, "WORDS", give(glove.WORDS, lines(*words)))
    monkeypatch.setattr(glove, "VECTORS", give(glove.VECTORS, made.getvalue()))
    for variant in glove.COUNTS:
        found, known = glove.GloVe(variant).vectors(["naïve", "nowhere", "the"])
        assert found.dtype == np.float32
        assert known.tolist() == [True, False, True]
        assert np.array_equal(found, np.stack([vectors[2], np.zeros(100), vectors[0]]))
    monkeypatch.setattr(glove, "COUNTS", dict.fromkeys(glove.COUNTS, 4))
    with pytest.raises(DataError, match="glove: its files hold 3 words where 4 were expected; remove them"):
        glove.GloVe().vectors(["the"])


@pytest.mark.parametrize("between", [b"", b"\n"])  # some releases of word2vec end each word's numbers with a line
def test_word2vec_in_the_form_that_its_authors_code_writes(
    give: Give, monkeypatch: pytest.MonkeyPatch, between: bytes
) -> None:
    words, vectors = ["in", "naïve", "New_York"], np.arange(900, dtype="<f4").reshape(3, 300)
    content = b"3 300\n" + b"".join(
        word.encode() + b" " + row.tobytes() + between for word, row in zip(words, vectors, strict=True)
    )
    monkeypatch.setattr(word2vec, "COUNT", 3)
    monkeypatch.setattr(word2vec, "BLOCK", 2)
    monkeypatch.setattr(word2vec, "CHUNK", 700)
    monkeypatch.setattr(word2vec, "FILE", give(word2vec.FILE, gzip.compress(content)))
    found, known = word2vec.Word2Vec().vectors(["naïve", "new_york", "in"])
    assert found.dtype == np.float32
    assert known.tolist() == [True, False, True]
    assert np.array_equal(found, np.stack([vectors[1], np.zeros(300), vectors[0]]))


def test_word2vec_that_ends_early_is_one_sentence(give: Give, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word2vec, "FILE", give(word2vec.FILE, gzip.compress(b"2 300\nin " + bytes(1300))))
    with pytest.raises(DataError, match=r"is no whole list of vectors \(it ends in word 2 of 2\); remove it and fetch"):
        word2vec.Word2Vec().vectors(["in"])
