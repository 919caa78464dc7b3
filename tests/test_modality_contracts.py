"""Every deep method on rows of every modality: it learns and predicts, or refuses in one sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch

import mtl_bench.methods
import mtl_bench.methods.deep.dann
from mtl_bench.inputs.rows import lengths_of
from mtl_bench.models.network import Network
from mtl_bench.training.domain_data import DomainData
from mtl_bench.training.learner import Learner
from mtl_bench.training.loop import fit, outputs_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import seed_everything
from mtl_bench.trials.contracts import Method
from tests.discovery import dataclasses_with
from tests.models.modalities import MODALITIES, Modality

DEEP = dataclasses_with(mtl_bench.methods, "build")
REFUSES = {
    (name, "tokens"): rf"^{name} reconstructs its inputs and can't reconstruct tokens; choose another method"
    for name in ("DSN", "DRCN")
}
CLASSES, COUNT = 3, 14
cases = pytest.mark.parametrize("modality", MODALITIES, ids=lambda modality: modality.name)
every_method = pytest.mark.parametrize("method", DEEP, ids=lambda cls: cls.__name__)


def data_of(modality: Modality) -> dict[str, DomainData]:
    labels = np.arange(COUNT) % CLASSES
    known = {name: DomainData(modality.rows(COUNT, i), labels) for i, name in enumerate("ab")}
    return {**known, "target": DomainData(modality.rows(COUNT - 3, 9), None, target=True)}


def trained(method: type[Method], modality: Modality, folder: Path) -> Learner:
    seed_everything(0, "weights")
    backbone = modality.backbone(per_domain=method.__name__ == "AdaBN")
    learner = method().build(Network(backbone, ("a", "b", "target")), CLASSES)
    state = folder / "resume_state.pt"
    fit(learner, Recipe(4, batch_size=6), data_of(modality), 0, "cpu", state, lambda *_: None, lambda *_: None)
    return learner


@pytest.mark.slow
@cases
@every_method
def test_a_method_learns_from_any_rows_or_refuses_in_one_sentence(
    method: type[Method], modality: Modality, tmp_path: Path
) -> None:
    if sentence := REFUSES.get((method.__name__, modality.name)):
        with pytest.raises(ValueError, match=sentence):
            trained(method, modality, tmp_path)
        return
    learner, again = (trained(method, modality, tmp_path) for _ in range(2))
    for name, value in learner.state_dict().items():
        assert torch.equal(value, again.state_dict()[name]), f"{name} is not the same bits twice"
        assert not value.is_floating_point() or bool(value.isfinite().all())
    rows = modality.rows(5, 3)
    for domain in ("a", "target"):
        logits, features = outputs_of(learner, rows, domain, most=5)
        assert logits.shape == (5, CLASSES) and features.shape == (5, learner.net.width)
        assert len(np.unique(logits, axis=0)) > 1, "it says the same of everything"


@cases
def test_a_row_is_predicted_alike_whatever_stands_beside_it(modality: Modality, tmp_path: Path) -> None:
    """Sequences are filled up to the longest of their batch: what fills must not matter."""
    learner, rows = trained(mtl_bench.methods.deep.dann.DANN, modality, tmp_path), modality.rows(7, 5)
    together, _ = outputs_of(learner, rows, "target")
    alone = np.concatenate([outputs_of(learner, rows[i : i + 1], "target")[0] for i in range(7)])
    np.testing.assert_allclose(alone, together, rtol=1e-4, atol=1e-5)


@cases
def test_rows_of_another_modality_are_one_sentence(modality: Modality) -> None:
    net = Network(modality.backbone(per_domain=False), ("a",))
    for other in MODALITIES:
        if {other.name, modality.name} in ({"features", "sparse counts"}, {modality.name}):
            continue
        with pytest.raises(
            ValueError, match=r"^(pixels|features|tokens) of shape .* don't fit a network for"
        ) as caught:
            net({"a": torch.from_numpy(np.ascontiguousarray(other.rows(3, 0)[:3]))})
        assert "\n" not in str(caught.value)


def test_batches_of_sequences_hold_like_lengths_and_each_once_an_epoch() -> None:
    [tokens] = [modality for modality in MODALITIES if modality.name == "tokens"]
    rows, size = tokens.rows(500, 0), 16
    data = DomainData(rows, np.arange(500))
    lengths = lengths_of(rows)
    assert lengths is not None
    epochs: list[int] = []
    spread = []
    for step in range(3 * 500 // size + 1):
        batch = data.at(step, size, 0, "a", "cpu")
        assert batch.labels is not None
        epochs += batch.labels.tolist()
        spread.append(np.ptp(lengths[batch.labels.numpy()]))
    for epoch in range(3):
        assert sorted(epochs[epoch * 500 : (epoch + 1) * 500]) == list(range(500))
    assert np.mean(spread) < 0.5 < np.ptp(lengths) / 4, "batches mix lengths"
    assert epochs[:500] != epochs[500:1000]
