"""Rows: read alike whatever they are made of, and named by what they hold."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import sparse

from mtl_bench.inputs import rows as module
from mtl_bench.inputs.rows import Chosen, Mapped, Rows, Sparse, Tokens, choose, chunks, digest, lengths_of

sequences = st.lists(st.lists(st.integers(1, 50), min_size=1, max_size=9), min_size=1, max_size=30)


@pytest.mark.slow
@settings(max_examples=50, derandomize=True)
@given(sequences, st.data())
def test_tokens_are_their_sequences_filled_with_zeros(texts: list[list[int]], data: st.DataObject) -> None:
    tokens = Tokens.of(texts)
    index = np.array(data.draw(st.lists(st.integers(0, len(texts) - 1), min_size=1, max_size=20)))
    found = tokens[index]
    assert found.dtype == np.int64 and found.shape == (len(index), max(len(texts[i]) for i in index))
    for row, i in zip(found, index, strict=True):
        assert row[: len(texts[i])].tolist() == texts[i] and not row[len(texts[i]) :].any()
    assert len(tokens) == len(texts) and tokens.lengths.tolist() == list(map(len, texts))
    assert np.array_equal(tokens[2:5], tokens[np.arange(len(texts))[2:5]])


@pytest.mark.parametrize(
    ("texts", "sentence"), [([[1], []], "sequence 1 has no token"), ([[3, 0]], "token 0 is below")]
)
def test_what_no_text_can_be_is_one_sentence(texts: list[list[int]], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Tokens.of(texts)


def test_sparse_rows_are_their_dense_ones() -> None:
    dense = np.random.default_rng(0).poisson(0.3, (9, 5)).astype(np.float64)
    rows = Sparse(sparse.csr_matrix(dense))
    assert rows.shape == (9, 5) and rows.dtype == np.float32 and len(rows) == 9
    assert np.array_equal(rows[np.array([3, 3, 0])], dense[[3, 3, 0]].astype(np.float32))
    assert np.array_equal(np.concatenate(list(chunks(rows, 4))), dense)


def kinds(folder: Path) -> dict[str, Rows]:
    """The same numbers as rows of each kind that can hold them."""
    numbers = np.random.default_rng(0).integers(1, 9, (12, 4)).astype(np.float32)
    np.save(folder / "rows.npy", numbers)
    stored = np.load(folder / "rows.npy", mmap_mode="r")
    return {
        "array": numbers,
        "mapped": Mapped(stored, "0a1b"),
        "sparse": Sparse(sparse.csr_matrix(numbers)),
        "chosen": Chosen(np.concatenate([numbers, numbers]), np.arange(12, 24)),
    }


def test_rows_of_any_kind_are_read_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected = kinds(tmp_path)["array"]
    index = np.array([7, 0, 7, 11])
    for memory in (module.IN_MEMORY, 0):
        monkeypatch.setattr(module, "IN_MEMORY", memory)
        for name, rows in kinds(tmp_path).items():
            assert np.array_equal(rows[2:7], expected[2:7]), name
            assert np.array_equal(choose(rows, index)[:], expected[index]), name
            assert np.array_equal(choose(choose(rows, index), np.array([3, 1]))[:], expected[[11, 0]]), name
            assert rows.shape == expected.shape and lengths_of(rows) is None


def test_lengths_are_those_of_the_chosen() -> None:
    tokens = Tokens.of([[1], [1, 2], [1, 2, 3]])
    lengths = lengths_of(choose(tokens, np.array([2, 0])))
    assert lengths is not None and lengths.tolist() == [3, 1]


def test_a_digest_names_the_content_and_nothing_else(tmp_path: Path) -> None:
    rows = kinds(tmp_path)
    array = np.asarray(rows["array"])
    assert digest(array) == digest(array.copy()) and len(digest(array)) == 16
    changed = array.copy()
    changed[11, 3] += 1
    others = [changed, array[:11], array.reshape(6, 8), array.astype(np.float64), array[::-1]]
    assert len({digest(array), *map(digest, others)}) == 6
    mapped = rows["mapped"]
    parts = [Chosen(mapped, np.arange(n)) for n in (3, 4)] + [Chosen(mapped, np.array([1, 0, 2]))]
    assert len({digest(mapped), *map(digest, parts), digest(Mapped(array, "0a1c"))}) == 5


def test_the_digest_of_a_file_with_a_checksum_reads_nothing() -> None:
    class Unreadable:
        shape, dtype = (3, 2), np.dtype(np.uint8)

        def __getitem__(self, index: object) -> None:
            raise AssertionError("it was read")

    assert digest(Mapped(Unreadable(), "0a1b")) == digest(Mapped(Unreadable(), "0a1b"))  # type: ignore[arg-type]
