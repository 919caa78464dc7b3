"""The parts that every learner inherits."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner, descend, labelled, sources, targets
from mtl_bench.training.recipe import Recipe
from tests.models.backbones import TinyCNN, batches


class Squared(Learner):
    """Two terms whose gradients are known: w and 2 w."""

    def __init__(self) -> None:
        super().__init__(Network(TinyCNN(), ("a",)), 3)
        self.weight = nn.Parameter(torch.tensor([1.0, -2.0]))

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        return {"half": self.weight.square().sum() / 2, "whole": self.weight.square().sum()}


def test_the_batch_says_whether_it_is_the_targets_whatever_labels_it_has() -> None:
    given = batches("a", "b")
    assert set(sources(given)) == {"a", "b"}
    assert set(targets(given)) == {"target"}
    given = {
        "a": given["a"]._replace(labels=None),
        "target": given["target"]._replace(labels=torch.arange(6) % 3),
    }
    assert set(sources(given)) == {"a"}
    assert set(targets(given)) == {"target"}


def test_labelled_are_the_sources_and_the_known_rows_of_the_target() -> None:
    given = batches("a", "b")
    assert labelled(given).keys() == {"a", "b"} and labelled(given)["a"] is given["a"]
    labels = torch.tensor([-1, 2, -1, 0, -1, -1])
    given["target"] = given["target"]._replace(labels=labels)
    shown = labelled(given)["target"]
    assert shown.labels is not None and shown.labels.tolist() == [2, 0]
    assert torch.equal(shown.inputs, given["target"].inputs[[1, 3]])


def test_labels_that_are_not_known_have_no_part_in_the_classification() -> None:
    torch.manual_seed(0)
    learner = Learner(Network(TinyCNN("separate"), ("a", "target")), 3).eval()
    given = batches("a")
    features = learner.features(given)
    for known in ((), (1,), (0, 3, 5)):
        labels = torch.full((6,), -1)
        labels[list(known)] = 2
        partly = {**given, "target": given["target"]._replace(labels=labels)}
        found = float(learner.classification(features, partly).detach())
        rows = torch.cat([features["a"], features["target"][list(known)]])
        own = given["a"].labels
        assert own is not None
        expected = nn.functional.cross_entropy(learner.classifier(rows), torch.cat([own, labels[list(known)]]))
        assert found == pytest.approx(float(expected.detach()), rel=1e-6)


def test_without_any_label_there_is_a_sentence() -> None:
    learner, given = Learner(Network(TinyCNN(), ("target",)), 3), batches()
    with pytest.raises(ValueError, match=r"^Learner learns from labels, and no domain has any; give a source, or a"):
        learner.classification(learner.features(given), given)


def test_classification_is_the_mean_cross_entropy_over_all_source_images() -> None:
    torch.manual_seed(0)
    learner = Learner(Network(TinyCNN(), ("a", "b", "target")), 3).eval()
    given = batches("a", "b")
    features = learner.features(given)
    terms = []
    for domain in ("a", "b"):
        scores = learner.classifier(features[domain]).detach().double().numpy()
        labels = given[domain].labels
        assert labels is not None
        terms += [np.log(np.exp(s).sum()) - s[y] for s, y in zip(scores, labels.numpy(), strict=True)]
    assert float(learner.classification(features, given).detach()) == pytest.approx(np.mean(terms), rel=1e-5)


def test_one_step_descends_the_sum_of_the_losses() -> None:
    learner = Squared()
    optimizers = learner.optimizers(Recipe(steps=1, learning_rate=0.1, momentum=0.0))
    reported = learner.step({}, optimizers, 0.0)
    torch.testing.assert_close(learner.weight.detach(), torch.tensor([1.0, -2.0]) * (1 - 0.1 * 3))
    assert {name: float(loss) for name, loss in reported.items()} == {"half": 2.5, "whole": 5.0}
    assert not any(loss.requires_grad for loss in reported.values())


def test_descending_ignores_what_was_left_in_the_gradients_and_moves_only_its_own_parameters() -> None:
    mine, other = nn.Parameter(torch.tensor(1.0)), nn.Parameter(torch.tensor(1.0))
    mine.grad = torch.tensor(100.0)
    descend(mine * other, torch.optim.SGD([mine], lr=0.5))
    assert mine.detach() == 0.5
    assert other.detach() == 1.0


def test_a_learner_without_losses_is_told_so() -> None:
    with pytest.raises(NotImplementedError, match="Learner does not define losses"):
        Learner(Network(TinyCNN(), ("a",)), 3).losses({}, 0.0)
