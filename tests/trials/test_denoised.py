"""mSDA's hidden features of domains that a store holds: fitted on both, once for both directions, without a label."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from mtl_bench.core.store import Store
from mtl_bench.core.trial import dependencies, key
from mtl_bench.inputs.rows import Array, Rows, Sparse
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.denoising import DenoisingStack
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.denoised import Denoised, StackedDenoising
from mtl_bench.trials.fit_shallow import FitShallow

COUNTS = {"train": 600, "test": 9}  # the latter less, the former more than is computed at once


@dataclass(frozen=True)
class Counts:
    """Counts of seven words, which labels have nothing to do with."""

    name: str
    sparse: bool = True
    poisoned: bool = False
    classes: tuple[str, ...] = ("no", "yes")

    def inputs(self, split: str) -> Rows:
        random = np.random.default_rng([len(self.name), COUNTS[split]])
        x = random.poisson(0.3, (COUNTS[split], 7)).astype(np.float32)
        return Sparse(csr_matrix(x)) if self.sparse else x

    def labels(self, split: str) -> Array:
        if self.poisoned:
            pytest.fail("a label was read")
        return np.arange(COUNTS[split]) % 2


BOOKS, DVD = Counts("books"), Counts("dvd")
BY = StackedDenoising((BOOKS, DVD), layers=2)


def features(trial: Denoised, folder: Path) -> tuple[Store, dict[str, Array]]:
    store = Store(folder)
    for one in (*dependencies(trial), trial):
        if one not in store:
            store.compute(one, "cpu")
    paths = {split: store.artifact(trial, f"{split}.npy") for split in trial.splits}
    return store, {split: np.load(path, allow_pickle=False) for split, path in paths.items()}


@pytest.mark.parametrize("sparse", [True, False])
def test_features_are_those_of_a_stack_of_both_domains(sparse: bool, tmp_path: Path) -> None:
    books, dvd = (replace(domain, sparse=sparse, poisoned=True) for domain in (BOOKS, DVD))
    trial = Denoised(dvd, replace(BY, domains=(books, dvd)))
    store, found = features(trial, tmp_path)
    both = np.concatenate([domain.inputs("train")[:] for domain in (books, dvd)])
    stack = DenoisingStack.of(both, 2, 0.5, 1e-5)
    for split, count in COUNTS.items():
        assert found[split].shape == (count, 21) and found[split].dtype == np.float32
        assert found[split] == pytest.approx(stack(dvd.inputs(split)[:]), abs=1e-5)
    assert store.record(trial)["metrics"] == {"rows": 609, "width": 21}
    assert set(store.record(trial.by)["data"]) == {"books train inputs", "dvd train inputs"}


def test_the_fit_is_one_for_both_directions_and_a_dependency() -> None:
    assert key(replace(BY, domains=(DVD, BOOKS))) == key(BY)
    assert dependencies(Denoised(BOOKS, BY)) == [BY]
    assert key(Denoised(BOOKS, BY)) != key(Denoised(BOOKS, replace(BY, corruption=0.7)))


def test_it_stands_for_its_data_set(tmp_path: Path) -> None:
    source, target = Denoised(BOOKS, BY), Denoised(DVD, BY)
    assert (source.name, source.classes) == ("books", BOOKS.classes)
    assert source.labels("test").tolist() == BOOKS.labels("test").tolist()
    store, _ = features(source, tmp_path)
    features(target, tmp_path)
    shallow = FitShallow(NoAdaptation("linear SVM"), source, target, train="train", test="test")
    deep = Adapt(SourceOnly(), (source,), target, Bottleneck(21), Recipe(steps=2, batch_size=4, checkpoints=1), 0)
    for trial in (shallow, deep):
        store.compute(trial, "cpu")
    assert 0 <= store.record(shallow)["metrics"]["accuracy"] <= 100


def test_who_learns_from_its_features_says_that_the_target_was_seen() -> None:
    on_both, on_source = BY, replace(BY, domains=(BOOKS,))
    for by, uses in ((on_both, ("features",)), (on_source, ())):
        domains = Denoised(BOOKS, by), Denoised(DVD, by)
        assert FitShallow(NoAdaptation(), *domains).uses_of_target() == uses
        run = Adapt(SourceOnly(), domains[:1], domains[1], Bottleneck(21), Recipe(steps=2), 0)
        assert ("features" in run.uses_of_target()) is bool(uses)


def test_what_cannot_be_fitted_is_refused_in_a_sentence() -> None:
    with pytest.raises(ValueError, match="denoising has 0 layers; give at least one"):
        replace(BY, layers=0)
    with pytest.raises(ValueError, match="denoising has no domain to be fitted on; give at least one"):
        StackedDenoising(())
