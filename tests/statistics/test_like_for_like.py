"""Like for like: which differences between the sides of a claim are found, and which names declare them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from mtl_bench.core.trial import Trial
from mtl_bench.datasets.synthetic import SyntheticFeatures, SyntheticImages
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.jda import JDA
from mtl_bench.methods.shallow.no_adaptation import NoAdaptation
from mtl_bench.methods.shallow.pca import PCA
from mtl_bench.methods.shallow.tca import TCA
from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.report.page import write
from mtl_bench.statistics.like_for_like import Sides, covers, differences, sides
from mtl_bench.study import Cell, Claim, Contrast, Labels, Scale, Study, accuracy
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.inits import FirstLayers
from mtl_bench.trials.select import Select
from mtl_bench.trials.train import Train
from mtl_bench.trials.trunk import Trunk
from mtl_bench.trials.weights import Weights
from tests.results.measured import Maker, frame_of, make_study

GAIN = accuracy(method="ours") - accuracy(method="theirs")
SOURCE, TARGET = SyntheticImages(stands_for="plain"), SyntheticImages(tint=1.0, stands_for="photos")
RUN = Adapt(DANN(), (SOURCE,), TARGET, DigitCNN(), Recipe(steps=20), seed=100)
BASELINE = replace(RUN, method=SourceOnly())
FIT = FitShallow(TCA(30), SyntheticFeatures(0.0), SyntheticFeatures(1.0), "unit length")


def cells(ours: Trial, theirs: Trial) -> list[Cell]:
    return [Cell({"method": n, "seed": 100}, trial) for n, trial in (("ours", ours), ("theirs", theirs))]


def found(ours: Trial, theirs: Trial, *varies: str) -> Sides:
    return sides(Claim("Ours is better", (GAIN,), "Table 2", varies=varies or ("method",)), cells(ours, theirs))


def of(run: Adapt) -> Evaluate:
    return Evaluate(Select(run))


def test_methods_alone_differ() -> None:
    for ours, theirs in ((of(RUN), of(BASELINE)), (FIT, replace(FIT, method=NoAdaptation()))):
        alone = found(ours, theirs)
        assert (alone.declared, alone.undeclared, alone.text) == (("method",), (), "method")
        assert alone.sentence == "The two sides differ in the method alone."


@pytest.mark.parametrize(
    ("theirs", "path"),
    [
        (replace(FIT, method=PCA(30), normalisation="z-score"), "normalisation"),
        (replace(FIT, method=PCA(20)), "method.dimension"),
        (replace(FIT, method=PCA(30, classifier="linear SVM")), "method.classifier"),
        (replace(FIT, method=JDA(30, kernel="RBF")), "method.kernel"),
        (replace(FIT, method=PCA(30), source=SyntheticFeatures(0.5)), "source.shift"),
        (replace(FIT, method=PCA(30), per_class=8), "per_class"),
        (replace(FIT, method=PCA(30), target=Trunk(SOURCE)), "target"),
    ],
)
def test_an_opponent_under_other_conditions_is_found(theirs: FitShallow, path: str) -> None:
    """TCA against PCA with another normalisation, dimension, classifier, …"""
    unlike = found(FIT, theirs)
    assert path in unlike.undeclared
    assert f"undeclared: {path}" in unlike.text
    assert path not in found(FIT, theirs, "method", path).undeclared


@pytest.mark.parametrize(
    ("changes", "path"),
    [
        ({"backbone": DigitCNNBatchNorm("together")}, "backbone"),
        ({"recipe": Recipe(steps=40)}, "recipe.steps"),
        ({"recipe": Recipe(steps=20, learning_rate=0.5)}, "recipe.learning_rate"),
        ({"target": replace(TARGET, tint=0.5)}, "target.tint"),
        ({"sources": (SOURCE, TARGET)}, "sources"),
        ({"seed": 101}, "seed"),
    ],
)
def test_a_run_under_other_conditions_is_found(changes: dict[str, Any], path: str) -> None:
    unlike = found(of(RUN), of(replace(BASELINE, **changes)))
    assert (unlike.declared, unlike.undeclared) == (("method",), (path,))
    assert unlike.sentence == f"The two sides differ in: method, and undeclared: {path}."
    declared = found(of(RUN), of(replace(BASELINE, **changes)), "method", path.partition(".")[0])
    assert declared.undeclared == ()


def test_the_rule_of_selection_and_the_metric_that_is_read_count_too() -> None:
    assert found(of(RUN), Evaluate(Select(BASELINE, "entropy"))).undeclared == ("rule",)
    ours, theirs = cells(of(RUN), of(BASELINE))
    claim = Claim("Ours is better", (GAIN,), "Table 2")
    assert sides(claim, [ours, replace(theirs, reads="ten highest")]).undeclared == ("reads",)
    assert found(of(RUN), FIT).undeclared[:1] == ("trial",)


def test_what_layers_were_copied_from_is_named_by_its_place() -> None:
    base = Train(SOURCE, DigitCNN(), Recipe(steps=20), seed=1100)
    ours = replace(base, init=FirstLayers(Weights(replace(base, seed=100)), 2))
    theirs = replace(base, init=FirstLayers(Weights(replace(base, seed=100, data=TARGET)), 2))
    assert found(ours, base).undeclared == ("init",)
    assert found(ours, theirs).undeclared == ("init.weights.of.data.stands_for", "init.weights.of.data.tint")
    assert found(ours, theirs, "data").undeclared  # the data of the network that is measured are equal
    assert found(ours, theirs, "init.weights.of.data").text == "init.weights.of.data"
    assert found(ours, theirs, "init").undeclared == ()


def test_method_stands_for_the_class_and_other_names_for_all_below() -> None:
    assert covers("method", "method") and not covers("method", "method.dimension")
    assert covers("recipe", "recipe.steps") and not covers("recipe", "recipes") and not covers("recipe.steps", "recipe")
    variant = found(FIT, replace(FIT, method=TCA(30, variant="released")))
    assert (variant.declared, variant.undeclared) == ((), ("method.variant",))


def test_what_is_declared_and_does_not_differ_is_not_listed() -> None:
    assert found(of(RUN), of(BASELINE), "method", "recipe").declared == ("method",)
    assert found(of(RUN), of(RUN)).text == "nothing"


@dataclass(frozen=True)
class Noted(Trial):
    """A field that does not change the result, as none that is compared."""

    data: Any
    note: str = field(default="", compare=False)


def test_values_are_compared_as_keys_are() -> None:
    assert list(differences(Noted((1, 2), "here"), Noted((1, 2), "there"))) == []
    assert list(differences(Noted((1, 2)), Noted((1, 3)))) == ["data"]
    assert list(differences(Noted(1), Noted(None))) == ["data"]
    assert list(differences(Noted(1), FIT)) == ["trial"]


def on_pairs(changed: Callable[[str, str], FitShallow]) -> Iterator[Cell]:
    for target in ("a", "b"):
        for method in ("ours", "theirs"):
            yield Cell({"method": method, "target": target, "seed": 100}, changed(method, target))


def test_cells_meet_those_with_the_same_open_labels() -> None:
    """Averaged over targets, each target's cell stands against its own; one odd cell among them is found."""

    def fit(method: str, target: str) -> FitShallow:
        shift = {"a": 0.25, "b": 0.75}[target]
        return replace(FIT, method=TCA(30) if method == "ours" else PCA(30), target=SyntheticFeatures(shift))

    def odd(method: str, target: str) -> FitShallow:
        trial = fit(method, target)
        return replace(trial, normalisation="z-score") if (method, target) == ("theirs", "b") else trial

    claim = Claim("Ours is better", (GAIN,), "Table 2")
    assert sides(claim, list(on_pairs(fit))).undeclared == ()
    assert sides(claim, list(on_pairs(odd))).undeclared == ("normalisation",)
    fixed = accuracy(method="ours", target="a") - accuracy(method="theirs", target="b")
    assert sides(replace(claim, contrasts=(fixed,)), list(on_pairs(fit))).undeclared == ("target.shift",)
    # What other targets a side is averaged over shows as a difference of the cells.
    lopsided = [cell for cell in on_pairs(fit) if dict(cell.labels) != {"method": "theirs", "target": "b", "seed": 100}]
    assert sides(claim, lopsided).undeclared == ("target.shift",)


def test_replicates_are_never_compared_with_each_other() -> None:
    seeds = [Cell({**cell.labels, "seed": s}, of(replace(run, seed=s))) for s in (100, 101) for cell, run in
             zip(cells(of(RUN), of(BASELINE)), (RUN, BASELINE), strict=True)]  # fmt: skip
    assert sides(Claim("Ours is better", (GAIN,), "Table 2"), seeds).undeclared == ()


def test_a_contrast_without_two_sides_says_nothing() -> None:
    one_sided: Contrast = accuracy(method="ours")
    alone = sides(Claim("Ours reads much", (one_sided,), "Table 2"), cells(of(RUN), of(BASELINE)))
    assert (alone.text, alone.sentence) == ("", "")


@pytest.mark.slow
def test_the_pages_print_it_beside_the_verdict(maker: Maker, tmp_path: Path) -> None:
    def plan(scale: Scale) -> Iterator[Cell]:
        for seed in scale.seeds:
            for name, run in (("DANN", RUN), ("source only", replace(BASELINE, recipe=Recipe(steps=40)))):
                labels: Labels = {
                    "method": name,
                    "source": "plain",
                    "target": "photos",
                    "selection": "last",
                    "seed": seed,
                }
                yield Cell(labels, of(replace(run, seed=seed)))

    maker.cell([48.0, 49.0, 47.0], method="DANN")
    maker.cell([40.0, 41.0, 42.0], method="source only")
    contrast = accuracy(method="DANN") - accuracy(method="source only")
    declared = Claim("DANN helps", (contrast,), "Table 2", varies=("method", "recipe.steps"))
    silent = Claim("It does", (contrast,), "Table 2")
    study: Study = make_study(plan=plan, claims=(declared, silent), gates=(), views=(), published=())
    path = write("quick", frame_of(study, maker.results()), tmp_path)
    for text in (path.read_text(encoding="utf-8"), path.with_suffix(".html").read_text(encoding="utf-8")):
        assert "Like for like: The two sides differ in: method, recipe.steps." in text.replace("\\", "")
        assert "differ in: method, and undeclared: recipe.steps." in text.replace("\\", "")
        assert text.index("sides differ in") < text.index("method, recipe.steps") < text.index("How each claim")
