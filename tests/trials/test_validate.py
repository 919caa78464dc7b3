"""Scores of a run's last weights, and features by a domain's own statistics."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.renormalised import STATISTICS, RenormalisedTrunk, batch_norms, renormalise
from mtl_bench.trials.select import ImportanceWeights, Select, SelectWeighted
from mtl_bench.trials.trunk import OfPretrained, Trunk
from mtl_bench.trials.validate import RULES, Validate
from tests.trials.domains import TARGET, Poisoned, Relabelled, adaptation

DOMAIN = SyntheticImages(tint=0.4, train=40, test=3)


def computed(trial: Any, store: Store) -> dict[str, float]:
    from mtl_bench.core import runner
    from mtl_bench.core.local import LocalExecutor

    executor = LocalExecutor(store, "cpu", 1)
    try:
        assert runner.run([trial], store, executor, poll=0.05) == {}
    finally:
        executor.close()
    return dict(store.record(trial)["metrics"])


@pytest.mark.slow
def test_its_scores_are_those_that_select_goes_by(tmp_path: Path) -> None:
    store = Store(tmp_path)
    run: Adapt = adaptation()
    run = replace(run, recipe=replace(run.recipe, checkpoints=1))
    weights = ImportanceWeights(run)
    found = computed(Validate(weights), store)
    assert tuple(found) == RULES
    for rule in RULES:
        trial: Any = SelectWeighted(weights, rule) if rule in ("importance-weighted", "DEV") else Select(run, rule)  # type: ignore[arg-type]
        assert computed(trial, store)["score"] == pytest.approx(found[rule], rel=1e-12), rule


@pytest.mark.slow
def test_no_label_of_the_target_reaches_them(tmp_path: Path) -> None:
    run = adaptation()
    poisoned, other = replace(run, target=Poisoned(TARGET)), replace(run, target=Relabelled(TARGET))
    found = [computed(Validate(ImportanceWeights(one)), Store(tmp_path)) for one in (run, poisoned, other)]
    assert found[0] == found[1] == found[2]
    accuracies = {computed(Evaluate(Select(one)), Store(tmp_path))["accuracy"] for one in (run, other)}
    assert len(accuracies) == 2  # the labels do differ


@pytest.mark.slow
def test_statistics_are_the_means_over_batches_of_the_domains_own_rows(tmp_path: Path) -> None:
    trial = RenormalisedTrunk(DOMAIN, splits=("train",))
    assert trial.run(Work(tmp_path, "cpu")) == {"rows": 40, "width": 1280}
    net, transform = Pretrained().network()
    first, seen = net.get_submodule("bn1"), []
    first.register_forward_pre_hook(lambda _, given: seen.append(given[0]))
    extract = OfPretrained(Pretrained(), "cpu")
    extract.net, extract.transform = net, transform
    extract(np.asarray(DOMAIN.inputs("train")[:]))
    stored = np.load(tmp_path / STATISTICS)
    assert [len(batch) for batch in seen] == [32, 8]
    # The first layer sees the same whatever the statistics behind it: pixels, convolved.
    assert stored["bn1.running_mean"] == pytest.approx(np.mean([b.mean((0, 2, 3)).numpy() for b in seen], 0), abs=1e-5)
    assert stored["bn1.running_var"] == pytest.approx(np.mean([b.var((0, 2, 3)).numpy() for b in seen], 0), rel=1e-4)
    assert {name.rpartition(".")[0] for name in stored.files} == set(batch_norms(net))


@pytest.mark.slow
def test_its_features_are_the_networks_with_these_statistics_and_no_label_is_read(tmp_path: Path) -> None:
    trial = RenormalisedTrunk(Poisoned(DOMAIN), splits=("train",))
    trial.run(Work(tmp_path, "cpu"))
    found = np.load(tmp_path / "train.npy")
    extract = OfPretrained(Pretrained(), "cpu")
    plain = extract(np.asarray(DOMAIN.inputs("train")[:5]))
    renormalise(extract.net, dict(np.load(tmp_path / STATISTICS)))
    assert found[:5] == pytest.approx(extract(np.asarray(DOMAIN.inputs("train")[:5])), abs=1e-4)
    assert not np.allclose(found[:5], plain, atol=1e-2)
    again = tmp_path / "again"
    again.mkdir()
    (again / STATISTICS).write_bytes((tmp_path / STATISTICS).read_bytes())  # of a run that was stopped after them
    trial.run(Work(again, "cpu"))
    assert np.array_equal(np.load(again / "train.npy"), found)


def test_a_network_without_batch_norm_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plain = nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten())
    monkeypatch.setattr(Pretrained, "network", lambda self: (plain, lambda image: torch.zeros(3, 8, 8)))
    with pytest.raises(ValueError, match="has no BatchNorm"):
        RenormalisedTrunk(DOMAIN, splits=("train",)).run(Work(tmp_path, "cpu"))
    assert Trunk(DOMAIN, splits=("train",)).run(Work(tmp_path, "cpu"))["width"] == 3
