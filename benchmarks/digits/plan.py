"""The cells: every method from MNIST to MNIST-M, the selection rules, and the grey digits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

from mtl_bench.datasets.mnist import MNIST
from mtl_bench.datasets.mnist_m import MNISTM
from mtl_bench.datasets.svhn import SVHN
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.datasets.usps import USPS
from mtl_bench.datasets.wrappers.sample import Sample
from mtl_bench.methods.deep.adabn import AdaBN
from mtl_bench.methods.deep.adda import ADDA
from mtl_bench.methods.deep.cdan import CDAN
from mtl_bench.methods.deep.cmd import CMD
from mtl_bench.methods.deep.dan import DAN
from mtl_bench.methods.deep.dann import DANN
from mtl_bench.methods.deep.ddc import DDC
from mtl_bench.methods.deep.deep_coral import DeepCORAL
from mtl_bench.methods.deep.drcn import DRCN
from mtl_bench.methods.deep.dsn import DSN
from mtl_bench.methods.deep.jan import JAN
from mtl_bench.methods.deep.mcd import MCD
from mtl_bench.methods.deep.mdd import MDD
from mtl_bench.methods.deep.mmd import MMD
from mtl_bench.methods.deep.rtn import RTN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.methods.shallow.sa import SA
from mtl_bench.models.digits import DigitCNN, DigitCNNBatchNorm
from mtl_bench.models.network import Backbone
from mtl_bench.plans.adaptation import rules
from mtl_bench.study import Cell, Labels, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.contracts import DataSet, Method, ShallowMethod
from mtl_bench.trials.evaluate import Evaluate
from mtl_bench.trials.fit_shallow import FitShallow
from mtl_bench.trials.reverse import ReverseValidate
from mtl_bench.trials.select import Select
from mtl_bench.trials.separation import DomainDistance, Embedding
from mtl_bench.trials.transfer_loss import TransferLoss
from mtl_bench.trials.trunk import Trunk
from mtl_bench.trials.weights import Weights

CEILING = "train on target"
WITHIN = "within"  # the accuracy on held-out images of the source
PLAIN, NORMALISED = "DANN's", "DANN's with BatchNorm"
PLAIN_CNN = DigitCNN()
FULL, SAMPLED = "all images", "2,000 of MNIST, 1,800 of USPS"
FROM_MNIST: Labels = {"source": "mnist", "target": "mnist-m", "network": PLAIN, "protocol": FULL, "selection": "last"}
FEWER = 3  # seeds at laptop scale of what no claim is about

STAND_IN = {
    name: SyntheticImages(tint, train=64, test=32, stands_for=name)
    for name, tint in {"mnist": 0.0, "mnist-m": 1.0, "usps": 0.2, "svhn": 0.5}.items()
}

ALONE = SourceOnly()
START = 1 / 6  # of DSN's terms, and of MMD, its baseline: 10,000 steps, as theirs, are longer than a laptop's run
CLAIMED: dict[str, Method] = {
    "source only": ALONE,
    "DANN": DANN(),
    "MMD": MMD(start=START),
    "DSN with DANN": DSN(similarity="DANN", start=START),
}
SHOWN: dict[str, Method] = {
    "CMD": CMD(),
    "DANN, as released": DANN(domain_loss="mean"),
    "DAN": DAN(),
    "DAN, as released": DAN(kernels="sum"),
    "Deep CORAL": DeepCORAL(),
    "ADDA": ADDA(),
    "DSN with MMD": DSN(similarity="MMD", start=START),
}
LATER: dict[str, Method] = {  # of papers without a number here: five seeds all the same
    "DDC": DDC(),
    "RTN": RTN(),
    "DRCN": DRCN(),
    "JAN": JAN(),
    "CDAN": CDAN(),
    "CDAN+E": CDAN(entropy=True),
    "MDD": MDD(),
}
CENTRED_ON_BOTH: dict[str, Method] = {"source only, target's mean": ALONE, "DANN, target's mean": DANN()}
WITH_BATCH_NORM: dict[str, Method] = {"source only": ALONE, "AdaBN": AdaBN(), "MCD": MCD()}
SELECTED = ("source only", "DANN", "MMD")
REVERSED = ("source only", "DANN")  # reverse validation costs as much as half a run
GREY: dict[str, Method] = {"source only": ALONE, "ADDA": ADDA(), "DANN": DANN()}
GREY_WITH_BATCH_NORM = WITH_BATCH_NORM  # MCD sees the target through BatchNorm too; AdaBN does nothing else


def plan(scale: Scale) -> Iterator[Cell]:
    mnist: DataSet = scale.pick(smoke=STAND_IN["mnist"], laptop=MNIST(), paper=MNIST())
    mnist_m: DataSet = scale.pick(smoke=STAND_IN["mnist-m"], laptop=MNISTM(), paper=MNISTM("published"))
    recipe = Recipe(
        steps=scale.pick(smoke=12, laptop=6000, paper=20_000),
        batch_size=scale.pick(smoke=16, laptop=64, paper=64),
        checkpoints=scale.pick(smoke=3, laptop=10, paper=10),
    )

    def run(method: Method, seed: int, backbone: Backbone = PLAIN_CNN, source: DataSet = mnist) -> Adapt:
        return Adapt(method, (source,), mnist_m, backbone, recipe, seed)

    for seed in scale.seeds:
        for name, method in CLAIMED.items():
            yield cell(run(method, seed), name)
            yield Cell(labels_of(run(method, seed), name), DomainDistance(run(method, seed)), "a_distance")
            yield within_source(run(method, seed), name)
        yield cell(run(ALONE, seed, source=mnist_m), CEILING, source=mnist)
        yield from between_grey_digits(scale, recipe, seed)
    for seed in scale.seeds[: scale.pick(smoke=1, laptop=None, paper=None)]:
        for name, method in LATER.items():
            yield cell(run(method, seed), name)
    for seed in scale.seeds[: scale.pick(smoke=1, laptop=FEWER, paper=None)]:
        for name, method in SHOWN.items():
            yield cell(run(method, seed), name)
        for name, method in CENTRED_ON_BOTH.items():
            yield cell(replace(run(method, seed), centring="all domains"), name)
        for name, method in WITH_BATCH_NORM.items():
            yield cell(run(method, seed, normalised(method)), name, network=NORMALISED)
        for name in SELECTED:
            method = CLAIMED[name]
            yield Cell(
                labels_of(run(method, seed), name), Embedding(run(method, seed), classes=True), artifact="embedding.csv"
            )
            for rule, selection in rules(run(method, seed)).items():
                yield Cell(labels_of(run(method, seed), name, selection=rule), Evaluate(selection))
        reverse = replace(recipe, steps=scale.pick(smoke=4, laptop=300, paper=2000), checkpoints=1)
        for name in REVERSED:
            labels = labels_of(run(CLAIMED[name], seed), name, selection="reverse validation")
            yield Cell(labels, Evaluate(ReverseValidate(run(CLAIMED[name], seed), reverse)))
        alone = run(ALONE, seed)
        yield Cell(labels_of(alone, "SA"), on_features_of(alone, SA(), scale))


def normalised(method: Method) -> Backbone:
    """The network with BatchNorm that a method is for."""
    return DigitCNNBatchNorm("per domain" if isinstance(method, AdaBN) else "together")


def on_features_of(run: Adapt, method: ShallowMethod, scale: Scale) -> FitShallow:
    """A shallow method on the last hidden layer (DANN, section 5.2.2) of a trained network, for some training rows."""
    most: int = scale.pick(smoke=48, laptop=2000, paper=2000)
    source, target = (
        Trunk(Sample(domain, most, run.seed), Weights(run), splits, layer="last hidden")
        for domain, splits in ((run.sources[0], ("train",)), (run.target, ("train", "test")))
    )
    return FitShallow(method, source, target, train="train", test="test")


def between_grey_digits(scale: Scale, recipe: Recipe, seed: int) -> Iterator[Cell]:
    """MNIST and USPS both ways by ADDA's sub-samples, redrawn for each seed; at paper scale with all images too."""
    mnist: DataSet = scale.pick(smoke=STAND_IN["mnist"], laptop=MNIST(), paper=MNIST())
    usps: DataSet = scale.pick(smoke=STAND_IN["usps"], laptop=USPS("h5"), paper=USPS("libsvm"))
    few: DataSet = Sample(mnist, scale.pick(smoke=48, laptop=2000, paper=2000), seed)
    fewer: DataSet = Sample(usps, scale.pick(smoke=48, laptop=1800, paper=1800), seed)
    short = replace(recipe, steps=scale.pick(smoke=12, laptop=3000, paper=10_000))

    def run(method: Method, source: DataSet, target: DataSet, backbone: Backbone = PLAIN_CNN) -> Adapt:
        return Adapt(method, (source,), target, backbone, short, seed)

    few_seeds = scale.seeds[: scale.pick(smoke=None, laptop=FEWER, paper=None)]
    for source, target in ((few, fewer), (fewer, few)):
        for name, method in GREY.items():
            if name != "DANN" or seed in few_seeds:
                yield cell(run(method, source, target), name, protocol=SAMPLED)
        yield within_source(run(ALONE, source, target), "source only", protocol=SAMPLED)
    for name, method in GREY_WITH_BATCH_NORM.items():
        yield cell(run(method, few, fewer, normalised(method)), name, network=NORMALISED, protocol=SAMPLED)
    of_mcd = run(MCD(), few, fewer, normalised(MCD()))
    yield within_source(of_mcd, "MCD", network=NORMALISED, protocol=SAMPLED)
    svhn: DataSet = scale.pick(smoke=STAND_IN["svhn"], laptop=None, paper=SVHN())
    for source, target in scale.pick(
        smoke=((svhn, mnist),), laptop=(), paper=((mnist, usps), (usps, mnist), (svhn, mnist))
    ):
        for name, method in GREY.items():
            yield cell(run(method, source, target), name, optional=source is svhn)


def cell(run: Adapt, method: str, optional: bool = False, **labels: Any) -> Cell:
    return Cell(labels_of(run, method, **labels), Evaluate(Select(run)), optional=optional)


def within_source(run: Adapt, method: str, **labels: Any) -> Cell:
    """How much of the source's held-out images the last weights read."""
    return Cell(labels_of(run, method, **labels), TransferLoss(Evaluate(Select(run))), WITHIN)


def labels_of(
    run: Adapt,
    method: str,
    network: str = PLAIN,
    protocol: str = FULL,
    selection: str = "last",
    source: DataSet | None = None,
) -> Labels:
    """The labels of a cell; the ceiling stands under the `source` that the other methods learn from."""
    (source_name, of_source), (target_name, of_target) = (named(source or run.sources[0]), named(run.target))
    return {
        "method": method,
        "source": source_name,
        "target": target_name,
        "variant": of_target if of_source == "original" else of_source,
        "network": network,
        "protocol": protocol,
        "selection": selection,
        "seed": run.seed,
    }


def named(domain: DataSet) -> tuple[str, str]:
    """A data set's name without its variant, and the variant."""
    whole = domain.of if isinstance(domain, Sample) else domain
    variant = getattr(whole, "variant", "original")
    return whole.name.removesuffix(f"-{variant}"), variant
