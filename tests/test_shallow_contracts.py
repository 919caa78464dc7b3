"""What every shallow method must do. Methods are found by walking the folder: a new file is tested unnamed."""

from __future__ import annotations

from dataclasses import fields
from typing import Any, get_args

import numpy as np
import pytest

import mtl_bench.methods.shallow
from mtl_bench.methods.shallow.classifier import Classifier
from tests.discovery import dataclasses_with

Array = np.ndarray[Any, Any]

SHALLOW = dataclasses_with(mtl_bench.methods.shallow, "fit")
PROJECTING = [cls for cls in SHALLOW if "dimension" in {f.name for f in fields(cls)}]
UNADAPTED = {"NoAdaptation"}
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
    names = {"CORAL", "GFK", "JDA", "KMM", "NoAdaptation", "OptimalTransport", "PCA", "SA", "SSTCA", "TCA"}
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
    assert np.array_equal(one, two) is (method.__name__ in UNADAPTED)


@every_method
def test_both_classifiers_are_to_be_had(method: type[Any]) -> None:
    if "classifier" not in {f.name for f in fields(method)}:
        pytest.skip("it has one classifier")
    xs, ys, xt = domains()
    for classifier in get_args(Classifier):
        assert np.mean(of(method, classifier=classifier).fit(xs, ys, xt).predict(xs + 0.2) == ys) > 0.9
    with pytest.raises(ValueError, match="there is no classifier 'tree'; choose 1-NN, linear SVM, one-against"):
        of(method, classifier="tree").fit(xs, ys, xt)


@pytest.mark.parametrize("method", PROJECTING, ids=lambda cls: cls.__name__)
@pytest.mark.parametrize("dimension", [0, -1, 1000])
def test_an_impossible_dimension_is_refused_with_a_sentence(method: type[Any], dimension: int) -> None:
    with pytest.raises(ValueError, match=f"{method.__name__} has 1 to .* not {dimension}; choose one of these"):
        method(dimension=dimension).fit(*domains())
