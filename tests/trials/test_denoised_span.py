"""mSDA's features in coordinates: the same products, the same classifier, a network of as many inputs as reviews."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial, dependencies
from mtl_bench.datasets.synthetic_counts import SyntheticCounts
from mtl_bench.inputs.rows import Array
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.one_hidden_layer import OneHiddenLayer
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.denoised import Denoised, StackedDenoising
from mtl_bench.trials.denoised_span import DenoisedSpan
from mtl_bench.trials.fit_shallow import FitShallow

BOOKS, DVD = SyntheticCounts(stands_for="books", test=9), SyntheticCounts(0.5, train=50, test=700, stands_for="dvd")
BY = StackedDenoising((BOOKS, DVD), layers=3)


def computed(trial: Trial, store: Store) -> None:
    for one in (*dependencies(trial), trial):
        if one not in store:
            for needed in dependencies(one):
                computed(needed, store)
            if one not in store:
                store.compute(one, "cpu")


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    """Holds both domains' features, whole and as coordinates."""
    made = Store(tmp_path_factory.mktemp("store"))
    for trial in (*(kind(domain, BY) for kind in (Denoised, DenoisedSpan) for domain in (BOOKS, DVD)),):
        computed(trial, made)
    return made


def rows(store: Store, trial: Denoised | DenoisedSpan, split: str) -> Array:
    found: Array = np.load(store.artifact(trial, f"{split}.npy"), allow_pickle=False)
    return found.astype(np.float64)


def test_products_with_training_rows_are_those_of_the_features(store: Store) -> None:
    whole, span = ({d.name: kind(d, BY) for d in (BOOKS, DVD)} for kind in (Denoised, DenoisedSpan))
    for name, split in (("books", "train"), ("dvd", "train"), ("dvd", "test")):
        assert rows(store, span[name], split).shape == (len(rows(store, whole[name], split)), 110)
        for other in ("books", "dvd"):
            expected = rows(store, whole[name], split) @ rows(store, whole[other], "train").T
            found = rows(store, span[name], split) @ rows(store, span[other], "train").T
            assert found == pytest.approx(expected, abs=2e-3)
    metrics = store.record(span["dvd"])["metrics"]
    assert metrics["rows"] == 750 and metrics["directions"] <= 110
    kept = (rows(store, span["dvd"], "test") ** 2).sum() / (rows(store, whole["dvd"], "test") ** 2).sum()
    assert metrics["outside"] == pytest.approx(100 * (1 - kept), abs=1e-3)


@pytest.mark.parametrize("classifier", ["one-against-one SVM", "one-against-one SVM by products"])
def test_an_svm_is_right_on_the_same_reviews(store: Store, classifier: str) -> None:
    correct = []
    for kind in (Denoised, DenoisedSpan):
        method = NoAdaptation(classifier, cost=0.01)  # type: ignore[arg-type]
        trial = FitShallow(method, kind(BOOKS, BY), kind(DVD, BY), train="train", test="test")
        computed(trial, store)
        correct.append(np.load(store.artifact(trial, "correct.npy")))
    assert len(correct[0]) == 700 and np.array_equal(*correct)


def test_a_network_learns_from_them_and_says_that_the_target_was_seen(store: Store) -> None:
    source, target = (DenoisedSpan(domain, BY) for domain in (BOOKS, DVD))
    run = Adapt(SourceOnly(), (source,), target, OneHiddenLayer(110, 4, 160), Recipe(2, 8, checkpoints=1), 0)
    computed(run, store)
    assert run.uses_of_target() == ("features",)
    assert dependencies(source) == [BY]
    assert source.labels("train").tolist() == BOOKS.labels("train").tolist()


def test_a_domain_that_the_layers_do_not_know_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="the layers were fitted on books, dvd, not on kitchen; give one of these"):
        DenoisedSpan(replace(DVD, stands_for="kitchen"), BY)
