"""The gate: what comes in is an array of the promised form with equal values, or refused with one line."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as numpy_st

from mtl_bench.inputs import gate
from mtl_bench.inputs.rows import Array, Chosen, Mapped, Sparse, Tokens

X = np.arange(12.0).reshape(4, 3)
Y = np.array([0, 1, 2, 1])


def with_value(value: float) -> Array:
    x = X.copy()
    x[2, 1] = value
    return x


POINTS: list[tuple[str, Any, str]] = [
    ("NaN", with_value(np.nan), "x is nan in row 2, column 1; fill or leave out what is not finite"),
    ("infinite", with_value(-np.inf), "x is -inf in row 2, column 1; fill or leave"),
    ("huge", with_value(1e200), r"x reaches 1e\+200, whose powers are infinite; scale it down"),
    ("one axis", X[0], r"x has the shape \(3,\); give rows \(n, d\), as by np.reshape\(…, \(-1, 1\)\)"),
    ("a number", 3.0, r"x has the shape \(\); give rows"),
    ("images", np.zeros((2, 3, 4, 4)), r"x has the shape \(2, 3, 4, 4\); give rows \(n, d\), as by .reshape"),
    ("no rows", X[:0], r"x has no rows \(its shape is \(0, 3\)\); give at least one"),
    ("no columns", X[:, :0], "x has no values in its rows"),
    ("an empty list", [], r"x has the shape \(0,\)"),
    ("sparse", scipy.sparse.csr_matrix(X), r"x is a sparse matrix; give a dense one, as by .toarray\(\)"),
    ("our sparse", Sparse(scipy.sparse.csr_matrix(X)), "x is a sparse matrix"),
    ("strings", X.astype(str), r"x holds strings; give numbers, as by .astype\(float\)"),
    ("complex", X.astype(complex), "x holds complex numbers; give numbers"),
    ("dates", X.astype("datetime64[s]"), "x holds dates"),
    ("objects", X.astype(object), "x holds objects such as a float; give numbers"),
    ("a text column", pd.DataFrame({"a": [1, 2], "b": ["u", "v"]}), "x holds objects such as a"),
    ("ragged", [[1.0, 2.0], [3.0]], "x is a list that numpy makes no array of"),
    ("a gradient", torch.zeros(2, 2, requires_grad=True), "x is a Tensor that numpy makes no array of"),
    ("masked", np.ma.masked_greater(X, 5), "x has masked values; fill or leave them out"),
    ("nothing", None, r"x has the shape \(\)"),
]


@pytest.mark.parametrize(("what", "x", "sentence"), POINTS, ids=[what for what, _, _ in POINTS])
def test_points_that_are_none_are_refused_with_a_sentence(what: str, x: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        gate.points("x", x)


@pytest.mark.parametrize(
    "x", [X, X.astype(np.float32), X.astype(np.int8), X > 4, X.tolist(), pd.DataFrame(X), torch.tensor(X), X.T.copy().T]
)
def test_points_become_double_precision(x: Any) -> None:
    found = gate.points("x", x)
    assert found.dtype == np.float64
    assert np.array_equal(found, np.asarray(x))


def test_points_in_double_precision_are_not_copied() -> None:
    assert gate.points("x", X) is X


LABELS: list[tuple[str, Any, str]] = [
    ("a column", Y[:, None], r"y has the shape \(4, 1\); give one label per row, as by np.ravel"),
    ("one-hot", np.eye(3)[Y], r"y has the shape \(4, 3\); give one label per row, as by .argmax\(1\)"),
    ("too few", Y[:3], "y has 3 labels for 4 rows; give one label per row"),
    ("none", Y[:0], "y has no rows"),
    ("halves", Y / 2, "y holds 0.5, which is no class; give whole numbers or strings"),
    ("NaN", np.array([0, 1, np.nan, 1]), "y holds nan, which is no class"),
    ("bytes", np.array([b"a", b"b", b"a", b"b"]), "y holds bytes; give whole numbers or strings"),
    ("complex", Y.astype(complex), "y holds complex numbers"),
    ("mixed", np.array([0, "a", 1, 1], object), "y holds labels of the type int and str; give .* all of one kind"),
    ("missing", pd.Series(["a", None, "b", "a"], dtype=object), "y holds labels of the type NoneType and str"),
    ("a table", pd.DataFrame({"label": Y}), r"y has the shape \(4, 1\)"),
]
NUMBERS: list[tuple[str, Any, str]] = [
    ("from 1", Y + 1, "y holds 3, and the 3 classes are 0 to 2; subtract 1"),
    ("negative", Y - 1, "y holds -1, and the 3 classes are 0 to 2; number them from 0"),
    ("too large", 5 * Y, "y holds 10, and the 3 classes are 0 to 2; number them from 0"),
    ("names", np.array(["a", "b", "c", "b"]), r"y holds names such as 'a'; give the classes' numbers 0 to 2"),
    ("bool", Y > 0, "y holds True and False; give the classes' numbers 0 to 2"),
]


@pytest.mark.parametrize(("what", "y", "sentence"), LABELS, ids=[what for what, _, _ in LABELS])
def test_labels_that_are_none_are_refused_with_a_sentence(what: str, y: Any, sentence: str) -> None:
    for classes in (None, 3):
        with pytest.raises(ValueError, match=sentence):
            gate.labels("y", y, 4, classes)


@pytest.mark.parametrize(("what", "y", "sentence"), NUMBERS, ids=[what for what, _, _ in NUMBERS])
def test_labels_of_known_classes_are_their_numbers(what: str, y: Any, sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        gate.labels("y", y, 4, 3)
    assert np.array_equal(gate.labels("y", y, 4), y)  # where classes are what the labels say, all of these are classes


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, np.uint64, np.float32, np.int64, object])
def test_numbers_of_classes_become_int64(dtype: Any) -> None:
    found = gate.labels("y", Y.astype(dtype), 4, 3)
    assert found.dtype == np.int64
    assert np.array_equal(found, Y)


def test_a_class_may_be_missing_and_a_label_unknown_only_if_allowed() -> None:
    assert np.array_equal(gate.labels("y", [0, 2], 2, ("a", "b", "c")), [0, 2])
    assert np.array_equal(gate.labels("y", [0, -1], 2, 3, unknown=True), [0, -1])
    with pytest.raises(ValueError, match="y holds -2, and the 3 classes"):
        gate.labels("y", [0, -2], 2, 3, unknown=True)


@pytest.mark.parametrize("y", [pd.Series(["a", "b"]), pd.Categorical(["a", "b"]), np.array(["a", "b"], object)])
def test_strings_in_a_table_are_strings(y: Any) -> None:
    found = gate.labels("y", y)
    assert found.dtype.kind == "U"
    assert found.tolist() == ["a", "b"]


def test_widths_must_agree() -> None:
    with pytest.raises(ValueError, match="the source has 3 features and the target 2; give both domains the same ones"):
        gate.pair(X, Y, X[:, :2])
    with pytest.raises(ValueError, match="x has 2 features, not 3 as the rest; give all points the same ones"):
        gate.points("x", X[:, :2], 3)


IMAGES = np.zeros((2, 3, 8, 8), np.uint8)
PIXELS: list[tuple[Any, str]] = [
    (IMAGES / 255, "x holds float64 pixels, and pixels are uint8 .* multiply by 255 and cast to uint8"),
    (IMAGES.astype(np.int64), "x holds pixels of int64, and pixels are uint8 levels 0 to 255; cast them"),
    (IMAGES.transpose(0, 2, 3, 1), r"channels last; put them first, as by .transpose\(0, 3, 1, 2\)"),
    (IMAGES[:, 0], r"pixels have \(n, C, H, W\); add the channel, as by \[:, None\]"),
    (IMAGES[:0], "x has no rows"),
]


@pytest.mark.parametrize(("x", "sentence"), PIXELS)
def test_pixels_are_levels_with_channels_first(x: Array, sentence: str) -> None:
    for check in (gate.pixels, gate.rows) if x.ndim == 4 else (gate.pixels,):
        with pytest.raises(ValueError, match=sentence):
            check("x", x)
    assert gate.pixels("x", IMAGES) is IMAGES


def test_rows_of_every_modality_pass_as_they_are() -> None:
    tokens = Tokens.of([[1, 2], [3]])
    for rows in (IMAGES, X.astype(np.float32), tokens[:], tokens, Mapped(X, "1"), Chosen(X, np.array([1]))):
        assert gate.rows("x", rows) is rows
    sparse = Sparse(scipy.sparse.csr_matrix(X))
    assert gate.rows("x", sparse) is sparse


@pytest.mark.parametrize(
    "x",
    [
        with_value(np.nan),
        Chosen(with_value(np.nan), np.array([0, 2])),
        Sparse(scipy.sparse.csr_matrix(with_value(np.inf))),
        np.array([[1, -1]]),
        np.array([[1, 2]], np.int32),
        np.array([["a"]]),
        np.zeros((2, 3), np.uint8),
        np.zeros((2, 3, 4)),
        Tokens.of([]),
    ],
)
def test_rows_that_are_none_are_refused_with_a_sentence(x: Any) -> None:
    with pytest.raises(ValueError, match=r"^x (is|has|holds) .*; [^\n]+$"):
        gate.rows("x", x)


def test_classes_agree_by_name_and_order() -> None:
    gate.classes_agree("a", ("cat", "dog"), "b", ("cat", "dog"))
    with pytest.raises(ValueError, match="class 0 is 'cat' in a and 'dog' in b; give both domains the same classes in"):
        gate.classes_agree("a", ("cat", "dog"), "b", ("dog", "cat"))
    with pytest.raises(ValueError, match="class 1 of b, 'dog', is none of a, which has 1 classes; give both"):
        gate.classes_agree("a", ("cat",), "b", ("cat", "dog"))


def forms() -> st.SearchStrategy[Any]:
    """Odd arrays: shapes of 0 to 4 axes, all kinds of dtypes, NaN anywhere; some as lists or tables."""
    shapes = numpy_st.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4)
    dtypes = st.one_of(
        numpy_st.scalar_dtypes(),
        numpy_st.unicode_string_dtypes(max_len=3),
        numpy_st.byte_string_dtypes(max_len=3),
        st.just(np.dtype(object)),
    )
    arrays = dtypes.flatmap(
        lambda dtype: numpy_st.arrays(
            dtype, shapes, elements=st.sampled_from([None, 1, "a", 0.5, True]) if dtype.kind == "O" else None
        )
    )
    anything = st.sampled_from([None, "text", 3, object(), {1: 2}, {1}, b"bytes", [[1], [1, 2]], [None], range(3)])
    lists = arrays.map(lambda x: x.tolist())
    tables = arrays.filter(lambda x: x.ndim == 2 and x.dtype.kind not in "mM").map(pd.DataFrame)  # dates out of bounds
    return st.one_of(arrays, lists, tables, anything)


def outcome(check: Callable[[], Any]) -> Any:
    """What the gate gives, or None if it refuses with one line."""
    try:
        return check()
    except ValueError as error:
        sentence = str(error)
    assert re.fullmatch(r"x [^\n]+; [^\n]+", sentence)
    return None


@settings(derandomize=True, deadline=None, max_examples=300, suppress_health_check=[HealthCheck.too_slow])
@given(forms())
def test_whatever_comes_is_taken_as_it_is_or_refused_with_one_line(x: Any) -> None:
    points = outcome(lambda: gate.points("x", x))
    if points is not None:
        assert points.dtype == np.float64
        assert points.ndim == 2
        assert np.isfinite(points).all()
        assert np.array_equal(points, np.asarray(x).astype(np.float64))
    labels = outcome(lambda: gate.labels("x", x))
    if labels is not None:
        assert labels.shape == np.asarray(x).shape == (len(labels),)
        assert labels.dtype.kind in "biufU"
        assert labels.tolist() == np.asarray(x).tolist()
    numbers = outcome(lambda: gate.labels("x", x, classes=3))
    if numbers is not None:
        assert numbers.dtype == np.int64
        assert set(numbers.tolist()) <= {0, 1, 2}
        assert numbers.tolist() == np.asarray(x).tolist()
    rows = outcome(lambda: gate.rows("x", x))
    if rows is not None:
        assert (rows.dtype.kind, len(rows.shape)) in {("u", 4), ("f", 2), ("i", 2)}


def test_the_cost_is_one_look_at_each_value() -> None:
    """No array of that size is made beside it: a few passes over memory are enough."""
    x = np.ones((6_000, 800))
    gate.points("x", x)
    start = time.perf_counter()
    copied = (x * 2).sum()
    passes = time.perf_counter() - start
    start = time.perf_counter()
    gate.points("x", x)
    assert copied
    assert time.perf_counter() - start < 10 * passes + 0.05
