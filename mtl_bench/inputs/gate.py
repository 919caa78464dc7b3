"""The gate: what a user gives becomes arrays of a known form, or is refused with one sentence (ValueError).

Every sentence names the argument, says what it is and how to mend it. Nothing is guessed: labels of shape (n, 1) or
pixels in 0 to 1 would be computed with, and give a wrong number without a word. The cost is one look at each value.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from jaxtyping import Float64, Shaped, UInt8

from mtl_bench.inputs.rows import CHUNK, Array, Chosen, Mapped, Rows, Sparse, Tokens, chunks

Given = Any  # an array, nested lists, a DataFrame: whatever a user has

LARGEST = 1e50  # the fourth power of a feature, which kernel methods sum, is a number in double precision
SHOWN = 40  # characters of a class's name that a sentence shows


def pair(
    xs: Given, ys: Given, xt: Given
) -> tuple[Float64[np.ndarray, "n d"], Shaped[np.ndarray, " n"], Float64[np.ndarray, "m d"]]:
    """What every shallow method is fitted on: source features, their labels, and target features of the same width."""
    source = points("xs", xs)
    target = points("xt", xt)
    if source.shape[1] != target.shape[1]:
        raise ValueError(
            f"the source has {source.shape[1]} features and the target {target.shape[1]}; "
            "give both domains the same ones"
        )
    return source, labels("ys", ys, len(source)), target


def points(name: str, x: Given, width: int | None = None) -> Float64[np.ndarray, "n d"]:
    """Features of points, one row each; with `width`, as many as others have."""
    found = _array(name, x)
    if found.ndim != 2:
        raise ValueError(f"{name} has the shape {found.shape}; {_flat(found.ndim)}")
    _check_not_empty(name, found.shape)
    if width is not None and found.shape[1] != width:
        raise ValueError(
            f"{name} has {found.shape[1]} features, not {width} as the rest; give all points the same ones"
        )
    if found.dtype.kind not in "biuf":
        raise ValueError(f"{name} holds {_what(found)}; give numbers, as by .astype(float)")
    with np.errstate(over="ignore"):  # what is too large for double precision is refused as infinite
        numbers = found.astype(np.float64, copy=False)
    _check_numbers(name, numbers)
    return numbers


def labels(
    name: str, y: Given, count: int | None = None, classes: int | Sequence[str] | None = None, unknown: bool = False
) -> Shaped[np.ndarray, " n"]:
    """One label per row, of `count` rows.

    Without `classes` any whole numbers, bools or strings name the classes. With them, or their count, labels are their
    numbers from 0, which become int64; `unknown` allows -1 besides, for no label. A class may have no row.
    """
    found = _array(name, y)
    if found.ndim != 1:
        raise ValueError(f"{name} has the shape {found.shape}; give one label per row, {_column(found.shape)}")
    _check_not_empty(name, found.shape)
    if count is not None and len(found) != count:
        raise ValueError(f"{name} has {len(found)} labels for {count} rows; give one label per row")
    found = _of_one_kind(name, found)
    if classes is None:
        return found
    return _numbers_of(name, found, classes if isinstance(classes, int) else len(classes), -1 if unknown else 0)


def pixels(name: str, x: Given) -> UInt8[np.ndarray, "n c h w"]:
    """Images, channels first, of levels 0 to 255."""
    found = _array(name, x)
    _check_pixels(name, found.shape, found.dtype)
    return found


def rows(name: str, given: Given) -> Rows:
    """Rows of any modality as they are, or an array of them: pixels uint8, features float, tokens int64.

    Values are looked at in chunks, those of pixels not at all.
    """
    if isinstance(given, Tokens | Sparse):
        _check_not_empty(name, given.shape)
        if isinstance(given, Sparse):
            _check_numbers(name, given.matrix.data)
        return given
    found: Rows = given if isinstance(given, Mapped | Chosen) else _array(name, given)
    shape, dtype = tuple(found.shape), found.dtype
    if dtype == np.uint8 or len(shape) == 4:
        _check_pixels(name, shape, dtype)
        return found
    if len(shape) != 2 or dtype.kind not in "fi":
        raise ValueError(
            f"{name} has the shape {shape} of {dtype}; give uint8 pixels (n, C, H, W), float features (n, d) or "
            "int64 tokens (n, length)"
        )
    _check_not_empty(name, shape)
    if dtype.kind == "f":
        _check_numbers(name, found)
    elif dtype != np.int64 or any(int(chunk.min()) < 0 for chunk in chunks(found)):
        raise ValueError(
            f"{name} holds integers that are no tokens (int64, from 1, filled with 0 at the ends); "
            "cast features to float and pixels to uint8"
        )
    return found


def classes_agree(a_name: str, a_classes: Sequence[str], b_name: str, b_classes: Sequence[str]) -> None:
    """Raises ValueError unless two domains have the same classes in the same order: labels are their numbers."""
    for i, (a, b) in enumerate(zip(a_classes, b_classes, strict=False)):
        if a != b:
            raise ValueError(
                f"class {i} is {_short(a)} in {a_name} and {_short(b)} in {b_name}; "
                "give both domains the same classes in the same order"
            )
    if len(a_classes) != len(b_classes):
        fewer, more = sorted(((a_name, a_classes), (b_name, b_classes)), key=lambda one: len(one[1]))
        raise ValueError(
            f"class {len(fewer[1])} of {more[0]}, {_short(more[1][len(fewer[1])])}, is none of {fewer[0]}, which has "
            f"{len(fewer[1])} classes; give both domains the same classes"
        )


def _array(name: str, given: Given) -> Array:
    """An ndarray of what may be anything."""
    if hasattr(given, "toarray") or isinstance(given, Sparse):
        raise ValueError(f"{name} is a sparse matrix; give a dense one, as by .toarray()")
    if np.ma.is_masked(given):
        raise ValueError(f"{name} has masked values; fill or leave them out")
    try:
        return np.asarray(given)
    except Exception as error:  # a ragged list, a tensor on a GPU, an __array__ that fails
        raise ValueError(
            f"{name} is a {type(given).__name__} that numpy makes no array of ({type(error).__name__}); "
            "give rows of one length"
        ) from error


def _check_not_empty(name: str, shape: tuple[int, ...]) -> None:
    if 0 in shape:
        what = "rows" if shape[0] == 0 else "values in its rows"
        raise ValueError(f"{name} has no {what} (its shape is {shape}); give at least one")


def _check_numbers(name: str, x: Rows) -> None:
    """Finite and no larger than what can be squared twice; reads chunks and holds no second array."""
    first = 0
    for chunk in chunks(x, max(1, CHUNK)):
        low, high = float(chunk.min()), float(chunk.max())
        if not (np.isfinite(low) and np.isfinite(high)):
            wrong = np.argwhere(~np.isfinite(chunk))[0]
            where = f"row {first + int(wrong[0])}" + (f", column {int(wrong[1])}" if chunk.ndim > 1 else "")
            raise ValueError(f"{name} is {chunk[tuple(wrong)]} in {where}; fill or leave out what is not finite")
        if max(-low, high) > LARGEST:
            raise ValueError(f"{name} reaches {max(-low, high):.3g}, whose powers are infinite; scale it down")
        first += len(chunk)


def _check_pixels(name: str, shape: tuple[int, ...], dtype: np.dtype[Any]) -> None:
    if dtype.kind == "f":
        raise ValueError(
            f"{name} holds {dtype} pixels, and pixels are uint8 levels 0 to 255; if they are in 0 to 1, multiply by "
            "255 and cast to uint8"
        )
    if dtype != np.uint8:
        raise ValueError(f"{name} holds pixels of {dtype}, and pixels are uint8 levels 0 to 255; cast them to uint8")
    if len(shape) != 4:
        remedy = "add the channel, as by [:, None]" if len(shape) == 3 else "cast features to float"
        raise ValueError(f"{name} has the shape {shape}, and pixels have (n, C, H, W); {remedy}")
    _check_not_empty(name, shape)
    if shape[1] > 4 and shape[3] <= 4:
        raise ValueError(
            f"{name} has the shape {shape} with channels last; put them first, as by .transpose(0, 3, 1, 2)"
        )


def _of_one_kind(name: str, found: Array) -> Array:
    """Whole numbers, bools or strings; an array of objects becomes one of these if all of them are."""
    if found.dtype.kind == "O":
        kinds = {type(value) for value in found.tolist()}
        if all(issubclass(kind, str) for kind in kinds):
            found = found.astype(str)
        elif kinds <= {int, np.int64} or kinds == {bool}:
            found = np.array(found.tolist())
        else:
            names = " and ".join(sorted(kind.__name__ for kind in kinds)[:3])
            raise ValueError(f"{name} holds labels of the type {names}; give whole numbers or strings, all of one kind")
    if found.dtype.kind == "T":  # numpy's strings of varying length
        found = found.astype(str)
    if found.dtype.kind == "f" and not bool((np.isfinite(found) & (found == np.floor(found))).all()):
        wrong = found[~(np.isfinite(found) & (found == np.floor(found)))][0]
        raise ValueError(f"{name} holds {wrong}, which is no class; give whole numbers or strings")
    if found.dtype.kind not in "biufU":
        raise ValueError(f"{name} holds {_what(found)}; give whole numbers or strings")
    return found


def _numbers_of(name: str, found: Array, count: int, lowest: int) -> Array:
    """int64 in lowest .. count - 1."""
    if found.dtype.kind == "U":
        raise ValueError(
            f"{name} holds names such as {_short(str(found[0]))}; give the classes' numbers 0 to {count - 1}, "
            "as by classes.index(name)"
        )
    if found.dtype.kind == "b":
        raise ValueError(f"{name} holds True and False; give the classes' numbers 0 to {count - 1}")
    low, high = found.min(), found.max()
    if low < lowest or high >= count:
        wrong = int(high if high >= count else low)
        remedy = "subtract 1" if low == 1 and high == count else "number them from 0"
        raise ValueError(f"{name} holds {wrong}, and the {count} classes are 0 to {count - 1}; {remedy}")
    return found.astype(np.int64, copy=False)


def _flat(axes: int) -> str:
    """How points of another number of axes are brought to two."""
    if axes < 2:
        return "give rows (n, d), as by np.reshape(…, (-1, 1)) if there is one feature"
    return "give rows (n, d), as by .reshape(n, -1)"


def _column(shape: tuple[int, ...]) -> str:
    """How labels of another shape are brought to one axis."""
    if len(shape) == 2 and shape[1] > 1:
        return "as by .argmax(1) if a column is a class"
    return "as by np.ravel"


def _what(found: Array) -> str:
    """An array's kind of values in words."""
    if found.dtype.kind == "O":
        return f"objects such as a {type(found.flat[0]).__name__}"
    return {"U": "strings", "T": "strings", "S": "bytes", "c": "complex numbers", "V": "records"}.get(
        found.dtype.kind, "dates" if found.dtype.kind in "mM" else f"values of {found.dtype}"
    )


def _short(label: str) -> str:
    return repr(label if len(label) <= SHOWN else f"{label[: SHOWN - 1]}…")
