"""The public estimators: the same algorithm as in the tables, with the habits of scikit-learn."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from sklearn.base import clone
from sklearn.exceptions import NotFittedError

import mtl_bench
import mtl_bench.measures
from mtl_bench.core.trial import Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.estimators import given, shallow
from mtl_bench.estimators.training import DeepEstimator
from mtl_bench.inputs.normalisation import normalised
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.plans import standard
from mtl_bench.training.loop import outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.trunk import Trunk
from mtl_bench.workspace import StudyError

PUBLIC = {name: getattr(mtl_bench, name) for name in mtl_bench.__all__}
SHALLOW = [one for one in PUBLIC.values() if isinstance(one, type) and issubclass(one, shallow.ShallowEstimator)]
DEEP = [one for one in PUBLIC.values() if isinstance(one, type) and issubclass(one, DeepEstimator)]
LINES = {line.name: line for line in standard.SHALLOW}
OF_DEEP = {type(line.method): line for line in reversed(standard.DEEP)}  # the first line of each method
WORDS = np.array(["cat", "dog", "owl"])


def domains(width: int = 6, count: int = 40) -> tuple[np.ndarray[Any, Any], ...]:
    """Three blobs, moved in the target: xs, words, xt, words."""
    random = np.random.default_rng(0)
    centres = 4 * random.normal(size=(3, width))
    ys, yt = (np.arange(count) % 3 for _ in range(2))
    xs = centres[ys] + random.normal(size=(count, width))
    xt = centres[yt] + random.normal(size=(count, width)) + 1.0
    return xs, WORDS[ys], xt, WORDS[yt]


def made(kind: type[Any], **changes: Any) -> Any:
    """One that fits small data."""
    names = {f.name for f in fields(kind)}
    small = {"dimension": 3, "neighbours": 3, "steps": 5, "batch_size": 8, "device": "cpu"}
    return kind(**{name: value for name, value in small.items() if name in names} | changes)


@pytest.mark.slow
@pytest.mark.parametrize("kind", SHALLOW, ids=lambda kind: kind.__name__)
def test_a_shallow_one_predicts_what_its_method_does_on_normalised_features(kind: type[Any]) -> None:
    xs, ys, xt, _ = domains()
    one = made(kind)
    found = one.fit(xs, ys, xt).predict(xt)
    how = one.normalisation
    expected = one.method.fit(normalised(xs, how), ys, normalised(xt, how)).predict(normalised(xt, how))
    assert found.tolist() == expected.tolist()
    assert one.transform(xt).shape[0] == len(xt)
    assert list(one.classes_) == sorted(WORDS)


@pytest.mark.parametrize("kind", SHALLOW + DEEP, ids=lambda kind: kind.__name__)
def test_its_parameters_are_those_of_its_method_and_it_is_cloned(kind: type[Any]) -> None:
    one = made(kind)
    named = getattr(kind, "named", {})
    assert {named.get(f.name, f.name) for f in fields(kind.of)} <= set(one.get_params())
    copy = clone(one)
    assert copy is not one
    assert copy.get_params() == one.get_params()
    assert copy.method == one.method
    with pytest.raises(NotFittedError):
        copy.predict(domains()[0])
    assert "`fit(X, y, target" in str(kind.__doc__)


@pytest.mark.parametrize(("kind", "line"), [
    (mtl_bench.NoAdaptation, standard.NEIGHBOUR), (mtl_bench.PCA, LINES["PCA"]), (mtl_bench.TCA, LINES["TCA"]),
    (mtl_bench.GFK, LINES["GFK"]), (mtl_bench.SA, LINES["SA"]), (mtl_bench.JDA, LINES["JDA"]),
    (mtl_bench.CORAL, LINES["CORAL"]), (mtl_bench.KMM, LINES["KMM"]),
    (mtl_bench.OptimalTransport, LINES["OT with classes"]),
])  # fmt: skip
def test_a_shallow_one_is_the_line_of_the_tables(kind: type[Any], line: Any) -> None:
    assert kind().method == line.method
    assert kind().normalisation == line.normalisation


@pytest.mark.parametrize("kind", [kind for kind in DEEP if kind.of in OF_DEEP], ids=lambda kind: kind.__name__)
def test_a_deep_one_is_the_line_of_the_tables(kind: type[Any]) -> None:
    assert kind().method == OF_DEEP[kind.of].method


@pytest.mark.parametrize("kind", DEEP, ids=lambda kind: kind.__name__)
def test_a_deep_one_fits_features(kind: type[Any]) -> None:
    xs, ys, xt, _ = domains()
    needs_norm = {"network": Bottleneck(6, normalised=True, batch_norm="per domain")} if kind is mtl_bench.AdaBN else {}
    one = made(kind, **needs_norm).fit(xs, ys, xt)
    assert set(one.predict(xt)) <= set(WORDS)
    assert np.allclose(one.predict_proba(xt).sum(1), 1)
    assert one.transform(xt).shape == (len(xt), 256)
    assert 0 <= one.score(xt, domains()[3]) <= 1


def test_a_deep_one_is_the_trial_of_the_studies(tmp_path: Path) -> None:
    xs, ys, xt, _ = domains()
    one = made(mtl_bench.DANN).fit(xs, ys, xt)
    codes = np.searchsorted(WORDS, ys)
    source = given.InMemory("source", tuple(WORDS), xs, codes)
    trial = Adapt(
        one.method, (source,), given.InMemory("target", tuple(WORDS), xt), Bottleneck(6),
        Recipe(5, 8, weight_decay=0.001, checkpoints=1), 0,
    )  # fmt: skip
    trial.run(Work(tmp_path, "cpu"))
    learner = trial.build()
    learner.load_state_dict(torch.load(tmp_path / "weights-5.pt", weights_only=True))
    assert np.array_equal(outputs_of(learner, xt, "target")[0].argmax(1), np.searchsorted(WORDS, one.predict(xt)))


def test_images_and_torch_data_sets_and_frames_are_taken() -> None:
    random = np.random.default_rng(1)
    images = random.integers(0, 256, (12, 3, 28, 28), np.uint8)
    labels = np.arange(12) % 2
    plain = made(mtl_bench.DANN, steps=2).fit(images, labels, images[:6])
    pairs = [(torch.from_numpy(image).float() / 255, int(label)) for image, label in zip(images, labels, strict=True)]

    class Pairs(torch.utils.data.Dataset[Any]):
        def __init__(self, items: list[Any]) -> None:
            self.items = items

        def __len__(self) -> int:
            return len(self.items)

        def __getitem__(self, i: int) -> Any:
            return self.items[i]

    same = made(mtl_bench.DANN, steps=2).fit(Pairs(pairs), target=Pairs([image for image, _ in pairs[:6]]))
    assert np.array_equal(plain.predict_proba(images), same.predict_proba(Pairs(pairs)))
    xs, ys, xt, _ = domains()
    framed = made(mtl_bench.TCA).fit(pd.DataFrame(xs), pd.Series(ys), pd.DataFrame(xt))
    assert framed.predict(pd.DataFrame(xt)).tolist() == made(mtl_bench.TCA).fit(xs, ys, xt).predict(xt).tolist()


@pytest.mark.slow
def test_known_labels_of_the_target_are_learnt_from() -> None:
    xs, ys, xt, yt = domains()
    swapped = np.where(yt == "cat", "dog", np.where(yt == "dog", "cat", yt))  # the target means other things by them
    few = [label if i < 30 else None for i, label in enumerate(swapped)]
    without = made(mtl_bench.SourceOnly, steps=200).fit(xs, ys, xt)
    with_them = made(mtl_bench.SourceOnly, steps=200).fit(xs, ys, xt, target_labels=few)
    assert with_them.score(xt, swapped) > without.score(xt, swapped)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (lambda xs, ys, xt: (xs, ys, None), "target is not given"),
        (lambda xs, ys, xt: (xs, ys[:-1], xt), "y has 39 labels for 40 rows"),
        (lambda xs, ys, xt: (xs, ys, xt, ["cat"]), "target_labels has 1 entries for 40 rows"),
        (lambda xs, ys, xt: (xs, ys, xt, ["cow", *[None] * 39]), "'cow', which no source row has"),
        (
            lambda xs, ys, xt: (np.zeros((4, 3, 50, 50), np.uint8), ys[:4], xt),
            "no usual network takes images of 50 × 50",
        ),
    ],
)
def test_bad_input_is_one_sentence(arguments: Any, sentence: str) -> None:
    xs, ys, xt, _ = domains()
    with pytest.raises(ValueError, match=sentence):
        made(mtl_bench.DANN).fit(*arguments(xs, ys, xt))


def test_shallow_statistics_are_those_of_the_target_that_was_seen() -> None:
    xs, ys, xt, _ = domains()
    one = made(mtl_bench.CORAL).fit(xs, ys, xt)
    assert one.predict(xt[:1]).tolist() == one.predict(xt)[:1].tolist()  # a single point is not centred on itself


def test_the_names_are_imported_when_they_are_used() -> None:
    code = "import sys, mtl_bench; assert 'torch' not in sys.modules; assert 'TCA' in dir(mtl_bench)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[2])
    with pytest.raises(AttributeError, match="TAC"):
        _ = mtl_bench.TAC  # type: ignore[attr-defined]
    assert {type(line.method) for line in standard.DEEP} - {kind.of for kind in DEEP} == {type(standard.XLEARN.method)}
    assert shallow.TCA is mtl_bench.TCA
    assert replace(standard.NEIGHBOUR).name == "no adaptation"


@pytest.mark.slow
def test_features_are_those_that_studies_compute(tmp_path: Path) -> None:
    data = SyntheticImages(0.3, train=6)
    found = mtl_bench.features(data, device="cpu")
    trunk = Trunk(data, splits=("train",))
    trunk.run(Work(tmp_path, "cpu"))
    assert np.array_equal(found, np.load(tmp_path / "train.npy"))
    assert np.array_equal(found[:2], mtl_bench.features(np.asarray(data.inputs("train")[:2]), device="cpu"))
    with pytest.raises(ValueError, match="has features already"):
        mtl_bench.features(found)


@pytest.mark.parametrize("name", sorted({*mtl_bench.measures.__all__} - {"StreamingCKA", "criticality", "noise_borne"}))
def test_a_measure_of_tensors_is_that_of_arrays(name: str) -> None:
    random = np.random.default_rng(0)
    x, y = random.random((20, 3)), random.random((30, 3))
    given: dict[str, tuple[Any, ...]] = {
        "accuracy": (x, np.arange(20) % 3),
        "deep_embedded_validation": (x[:, 0], y[:20, 0]),
        "entropy": (x,),
        "cka": (x, y[:20, :2]),
        "svcca": (x, y[:20, :2]),
        "pwcca": (x, y[:20, :2]),
        "procrustes": (x, y[:20, :2]),
        "barrier": (x[:, 0],),
        "error_consistency": (x[:, 0] > 0.5, x[:, 1] > 0.5),
        "learning_curve_area": (np.arange(20.0), x[:, 0]),
        "parameter_distance": (x[:, 0], x[:, 1]),
        "importance_weights": (x, y, x),
        "soft_neighbourhood_density": (x,),
    }
    measure, arguments = getattr(mtl_bench.measures, name), given.get(name, (x, y))
    if name == "steps_to":
        measure, arguments = partial(measure, 0.5), given["learning_curve_area"]
    of_tensors = measure(*map(torch.from_numpy, arguments))
    assert np.allclose(np.asarray(of_tensors), measure(*arguments), rtol=1e-12)
    if name in ("squared_mmd", "coral_distance", "central_moment_discrepancy"):
        assert measure(torch.from_numpy(x).requires_grad_(), torch.from_numpy(y)).requires_grad
        assert measure(pd.DataFrame(x), y.tolist()) == pytest.approx(float(of_tensors), rel=1e-12)
        with pytest.raises(ValueError, match="y has 2 features, not 3"):
            measure(x, y[:, :2])


@pytest.mark.slow
def test_results_are_loaded_without_means_over_others() -> None:
    found = mtl_bench.load("office_caltech")
    assert set(found["metric"]) == {"accuracy"}
    assert len(found) > 1000
    assert "each domain" not in set(found[found["protocol"] == "full"]["source"])
    assert found["value"].between(0, 100).all()
    with pytest.raises(StudyError, match='there is no study "ofice_caltech"; did you mean "office_caltech"'):
        mtl_bench.load("ofice_caltech")
    with pytest.raises(StudyError, match=r"nothing was measured of quickstart\.smoke; run `mtl-bench run quickstart`"):
        mtl_bench.load("quickstart", "smoke")
