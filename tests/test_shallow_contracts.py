"""What every shallow method must do. Methods are found by walking the folder: a new file is tested unnamed."""

from __future__ import annotations

import time
from dataclasses import fields
from typing import Any, get_args

import numpy as np
import pandas as pd
import pytest
import scipy.sparse

from mtl_bench.methods.shallow.classifier import Classifier
from mtl_bench.methods.shallow.components import Projected
from tests.discovery import shallow_methods

Array = np.ndarray[Any, Any]

SHALLOW = shallow_methods()
PROJECTING = [cls for cls in SHALLOW if "dimension" in {f.name for f in fields(cls)}]
CLASSES = np.array([7, 40, -3])  # neither 0 to C - 1 nor in order
every_method = pytest.mark.parametrize("method", SHALLOW, ids=lambda cls: cls.__name__)


def of(method: type[Any], **values: Any) -> Any:
    """With three dimensions where it has any: the defaults are the papers', for larger data."""
    return method(**({"dimension": 3} if method in PROJECTING else {}), **values)


def domains(seed: int = 0) -> tuple[Array, Array, Array]:
    """Three well separated classes in 6 features, 30 points of the source and 24 of the target, a little shifted."""
    random = np.random.default_rng(seed)
    corners = 4 * np.eye(3, 6)
    indices = np.arange(30) % 3, np.arange(24) % 3
    xs, xt = (corners[i] + 0.3 * random.standard_normal((len(i), 6)) for i in indices)
    return xs, CLASSES[indices[0]], xt + 0.2


def test_the_walk_finds_what_is_known_to_be_there() -> None:
    names = {
        "CORAL",
        "GFK",
        "JDA",
        "KMM",
        "MSDA",
        "NoAdaptation",
        "OptimalTransport",
        "PCA",
        "SA",
        "SCL",
        "SSTCA",
        "TCA",
    }
    assert names <= {cls.__name__ for cls in SHALLOW}
    assert {"SA", "TCA", "PCA"} <= {cls.__name__ for cls in PROJECTING}


@every_method
def test_unseen_points_get_labels_of_the_source(method: type[Any]) -> None:
    xs, ys, xt = domains()
    unseen = domains(1)[2]
    predicted = of(method).fit(xs, ys, xt).predict(unseen)
    assert predicted.shape == (24,)
    assert predicted.dtype == ys.dtype
    assert np.mean(predicted == CLASSES[np.arange(24) % 3]) > 0.95


@every_method
def test_one_point_is_predicted_as_among_others(method: type[Any]) -> None:
    xs, ys, xt = domains()
    unseen = domains(1)[2]
    predictor = of(method).fit(xs, ys, xt)
    alone = [predictor.predict(unseen[i : i + 1])[0] for i in range(5)]
    assert alone == predictor.predict(unseen)[:5].tolist()


@every_method
def test_inputs_are_left_unchanged(method: type[Any]) -> None:
    given = domains()
    for x in given:
        x.setflags(write=False)
    of(method).fit(*given).predict(given[2])
    assert all(np.array_equal(x, y) for x, y in zip(given, domains(), strict=True))


@pytest.mark.slow
@every_method
def test_it_draws_nothing_at_random(method: type[Any]) -> None:
    random = np.random.default_rng(3)
    xs, xt, unseen = (random.standard_normal((n, 6)) for n in (40, 40, 200))  # without classes every detail counts
    ys = np.arange(40) % 3
    np.random.seed(0)  # noqa: NPY002  # it must not matter to methods that call older libraries
    one = of(method).fit(xs, ys, xt).predict(unseen)
    np.random.seed(1)  # noqa: NPY002
    assert np.array_equal(one, of(method).fit(xs, ys, xt).predict(unseen))


@every_method
def test_single_precision_is_taken_and_computed_in_double(method: type[Any]) -> None:
    xs, ys, xt = domains()
    single = [x.astype(np.float32) for x in (xs, xt)]
    double = [x.astype(np.float64) for x in single]
    found, expected = (of(method).fit(s, ys, t).predict(t) for s, t in (single, double))
    assert np.array_equal(found, expected)


@every_method
def test_the_names_of_classes_do_not_matter(method: type[Any]) -> None:
    xs, ys, xt = domains()
    named = np.array(["b", "c", "a"])[np.searchsorted(np.sort(CLASSES), ys)]
    predicted = of(method).fit(xs, named, xt).predict(xt)
    expected = of(method).fit(xs, ys, xt).predict(xt)
    assert np.array_equal(predicted, np.array(["b", "c", "a"])[np.searchsorted(np.sort(CLASSES), expected)])


@every_method
def test_the_target_matters_exactly_to_methods_that_adapt(method: type[Any]) -> None:
    random = np.random.default_rng(0)
    xs, xt, unseen = (random.standard_normal((n, 6)) for n in (60, 60, 400))
    ys = np.arange(60) % 3
    other = xt * np.array([5, 1, 1, 1, 1, 0.2]) + 1
    one, two = (of(method).fit(xs, ys, t).predict(unseen) for t in (xt, other))
    assert np.array_equal(one, two) is (method.uses == ())


@every_method
def test_projected_points_have_length_one_where_that_is_asked_for(method: type[Any]) -> None:
    """Unit length is a normalisation of its own, which a comparison can see; no method does it in secret."""
    xs, ys, xt = domains()
    if "projected" not in {f.name for f in fields(method)}:
        predictor = of(method).fit(xs, ys, xt)
        assert not hasattr(predictor, "projected") or predictor.projected == "as they are"
        return
    lengths = {
        how: np.linalg.norm(of(method, projected=how).fit(xs, ys, xt).features(xt), axis=1)
        for how in get_args(Projected)
    }
    assert lengths["length 1"] == pytest.approx(np.ones(len(xt)))
    assert np.ptp(lengths["as they are"]) > 0.01


@pytest.mark.usefixtures("unchecked")
@every_method
def test_an_unknown_way_to_bring_projected_points_is_refused(method: type[Any]) -> None:
    if "projected" in {f.name for f in fields(method)}:
        with pytest.raises(ValueError, match="points are not brought 'to 1'; choose as they are or length 1"):
            of(method, projected="to 1").fit(*domains())


@every_method
def test_both_classifiers_are_to_be_had(method: type[Any]) -> None:
    if "classifier" not in {f.name for f in fields(method)}:
        pytest.skip("it has one classifier")
    xs, ys, xt = domains()
    for classifier in get_args(Classifier):
        assert np.mean(of(method, classifier=classifier).fit(xs, ys, xt).predict(xs + 0.2) == ys) > 0.9


@every_method
@pytest.mark.usefixtures("unchecked")
def test_an_unknown_classifier_is_refused_with_a_sentence(method: type[Any]) -> None:
    if "classifier" not in {f.name for f in fields(method)}:
        pytest.skip("it has one classifier")
    with pytest.raises(ValueError, match="there is no classifier 'tree'; choose 1-NN, linear SVM, one-against"):
        of(method, classifier="tree").fit(*domains())


@pytest.mark.parametrize("method", PROJECTING, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("dimension", [0, -1, 1000])
def test_an_impossible_dimension_is_refused_with_a_sentence(method: type[Any], dimension: int) -> None:
    with pytest.raises(ValueError, match=f"{method.__name__} has 1 to .* not {dimension}; choose one of these"):
        method(dimension=dimension).fit(*domains())


def changed(x: Array, value: float) -> Array:
    x = x.copy()
    x[1, 2] = value
    return x


XS, YS, XT = domains()
ODD: dict[str, tuple[Any, Any, Any]] = {
    "labels in a column": (XS, YS[:, None], XT),
    "labels one-hot": (XS, YS[:, None] == CLASSES, XT),
    "too few labels": (XS, YS[:20], XT),
    "labels that are no whole numbers": (XS, YS + 0.5, XT),
    "labels that are missing": (XS, pd.Series([None, *YS[1:]], dtype=object), XT),
    "NaN in the source": (changed(XS, np.nan), YS, XT),
    "infinity in the target": (XS, YS, changed(XT, np.inf)),
    "numbers whose squares are infinite": (changed(XS, 1e200), YS, XT),
    "one axis": (XS[0], YS[:1], XT),
    "images": (XS.reshape(30, 1, 2, 3), YS, XT),
    "an empty source": (XS[:0], YS[:0], XT),
    "an empty target": (XS, YS, XT[:0]),
    "no features": (XS[:, :0], YS, XT[:, :0]),
    "other widths": (XS, YS, XT[:, :5]),
    "sparse features": (scipy.sparse.csr_matrix(XS), YS, XT),
    "strings": (XS.astype(str), YS, XT),
    "complex numbers": (XS, YS, XT.astype(complex)),
    "ragged rows": ([[1.0], [1.0, 2.0]], YS, XT),
    "nothing": (None, None, None),
}


@every_method
@pytest.mark.usefixtures("unchecked")
def test_odd_inputs_are_refused_with_a_sentence_at_once(method: type[Any]) -> None:
    for what, given in ODD.items():
        start = time.process_time()
        with pytest.raises(ValueError, match=r"^(xs|ys|xt|the source) [^\n]*; [^\n]+$"):
            of(method).fit(*given)
        assert time.process_time() - start < 1, what


@every_method
@pytest.mark.usefixtures("unchecked")
def test_points_unlike_those_of_the_fit_are_refused_with_a_sentence(method: type[Any]) -> None:
    predictor = of(method).fit(XS, YS, XT)
    for odd in (XT[:, :5], XT[0], XT[:0], changed(XT, np.nan), None):
        with pytest.raises(ValueError, match=r"^x [^\n]*; [^\n]+$"):
            predictor.predict(odd)


@every_method
@pytest.mark.usefixtures("unchecked")
def test_tables_lists_and_whole_numbers_are_taken_as_arrays_are(method: type[Any]) -> None:
    xs, xt = ((10 * x).round() for x in (XS, XT))
    expected = of(method).fit(xs, YS, xt).predict(xt)
    for form in (pd.DataFrame, lambda x: x.tolist(), lambda x: x.astype(np.int32)):
        assert np.array_equal(of(method).fit(form(xs), YS.tolist(), form(xt)).predict(form(xt)), expected)


@pytest.mark.slow
@every_method
@pytest.mark.filterwarnings("ignore")
def test_degenerate_data_are_computed_with_or_refused_with_a_sentence(method: type[Any]) -> None:
    """One point, one class, a class of one point, twins, constant features, fewer points than features."""
    flat = np.hstack([XS, np.full((30, 2), 0.1)]), np.hstack([XT, np.full((24, 2), 0.1)])
    wide = np.hstack([XS] * 9)[:9], np.hstack([XT] * 9)[:8]
    cases: dict[str, tuple[Array, Array, Array]] = {
        "one source point": (XS[:1], YS[:1], XT),
        "one target point": (XS, YS, XT[:1]),
        "one point each": (XS[:1], YS[:1], XT[:1]),
        "one class": (XS, np.full(30, 7), XT),
        "a class of one point": (XS[[0, 3, 6, 1]], YS[[0, 3, 6, 1]], XT),
        "each class of one point": (XS[:3], YS[:3], XT),
        "twins": (np.repeat(XS[:3], 10, 0), np.repeat(YS[:3], 10), np.repeat(XT[:3], 8, 0)),
        "all points the same": (np.ones_like(XS), YS, np.ones_like(XT)),
        "all zero": (np.zeros_like(XS), YS, np.zeros_like(XT)),
        "constant features": (flat[0], YS, flat[1]),
        "more features than points": (wide[0], YS[:9], wide[1]),
        "tiny": (1e-200 * XS, YS, 1e-200 * XT),
        "large": (1e20 * XS, YS, 1e20 * XT),
    }
    for what, (xs, ys, xt) in cases.items():
        start = time.process_time()
        try:
            predicted = of(method).fit(xs, ys, xt).predict(xt)
        except ValueError as refusal:
            sentence = str(refusal)
        else:
            sentence = ""
            assert set(predicted) <= set(ys), what
        assert not sentence or ("\n" not in sentence and "; " in sentence and method.__name__ in sentence), sentence
        assert time.process_time() - start < 5, what
        assert not sentence or what not in {"one class", "twins", "constant features"}, sentence


@every_method
def test_constant_features_change_no_prediction(method: type[Any]) -> None:
    expected = of(method).fit(XS, YS, XT).predict(XT)
    for constant in (0.1, 1 / 3, 1e3 + 0.1):
        more = [np.hstack([x, np.full((len(x), 3), constant)]) for x in (XS, XT)]
        assert np.mean(of(method).fit(more[0], YS, more[1]).predict(more[1]) == expected) > 0.95
