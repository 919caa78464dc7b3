"""Office-31 with a network that goes on learning: DAN and DANN end to end, and at which layer domains should agree."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mtl_bench.datasets.office31 import Office31
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.stage_mmd import LOGITS, StageMMD
from mtl_bench.models.above import Above
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import AdaptationTable, Pair, Protocol, transductive_table
from mtl_bench.plans.contrasts import MeansOverPairs
from mtl_bench.plans.lines import Deep
from mtl_bench.plans.standard import DAN_2015, DANN_2015, NONE, SOURCE_ONLY
from mtl_bench.published import addresses, paper
from mtl_bench.study import Cell, Claim, Contrast, Scale, Study, half_of
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.trunk import Trunk
from mtl_bench.views.dots import Dots
from mtl_bench.views.grid import Grid

LONG = paper("long2015")
TO_WEBCAM, TO_AMAZON = ("amazon", "webcam"), ("webcam", "amazon")
PAIRS: tuple[Pair, ...] = (TO_WEBCAM, TO_AMAZON)
BELOW = {"conv_head": "blocks_6", "blocks_6": "blocks_5", "blocks_5": "blocks_4"}  # what stands still below a stage
LEARNT = "blocks_6"  # the lowest stage that learns where nothing else is said
STAGES = ("blocks_6", "conv_head", "bottleneck", LOGITS)
END_TO_END = Protocol("full, long")
ONE_LAYER = Protocol("full, one layer aligned")
DEPTH = Protocol("full, more or less learnt")
FEATURES = "EfficientNet-Lite0"


def learnt(line: Deep, first: str = LEARNT) -> Deep:
    """The line on a network that learns from this stage on."""
    return replace(line, network=Above(first=first))


def aligned(name: str, *stages: str) -> Deep:
    return learnt(Deep(f"MMD of {name}", StageMMD(stages), family="discrepancy"))


ALONE = learnt(SOURCE_ONLY)
LAYERS = {stage: aligned(stage.replace("_", " "), stage) for stage in STAGES}
ALIGNED = (ALONE, *LAYERS.values(), aligned("all four", *STAGES))


def plan(scale: Scale) -> Iterator[Cell]:
    fewer = scale.seeds[: scale.pick(smoke=1, laptop=3)]
    lines = [learnt(line) for line in (SOURCE_ONLY, DAN_2015, DANN_2015)]
    yield from table(scale, LEARNT).deep(lines, PAIRS[: scale.pick(smoke=1, laptop=None)], fewer, END_TO_END)
    short = table(scale, LEARNT, short=True)
    yield from short.deep(ALIGNED[: scale.pick(smoke=3, laptop=None)], (TO_WEBCAM,), scale.seeds, ONE_LAYER)
    for first in scale.pick(smoke=("conv_head",), laptop=BELOW):
        both = (learnt(SOURCE_ONLY, first), learnt(DAN_2015, first))
        yield from table(scale, first, short=True).deep(both, (TO_WEBCAM,), fewer, DEPTH)


def table(scale: Scale, first: str, short: bool = False) -> AdaptationTable:
    """The activations below the first stage that learns; a short run is for what compares many networks."""
    pool: str = scale.pick(smoke="train", laptop="all")
    photographs = {name: images(scale, name) for name in Office31.domains}
    below = {name: Trunk(data, Pretrained(), (pool,), upto=BELOW[first]) for name, data in photographs.items()}
    return transductive_table(
        below,
        photographs,
        pool,
        Recipe(
            steps=scale.pick(smoke=2, laptop=500 if short else 1500),
            batch_size=scale.pick(smoke=8, laptop=32 if short else 64),
            weight_decay=0.001,
            checkpoints=1,
        ),
        {"features": scale.pick(smoke="synthetic", laptop=FEATURES), "images": "original"},
    )


def images(scale: Scale, domain: str) -> DataSet:
    tint = Office31.domains.index(domain) / len(Office31.domains)
    found: DataSet = scale.pick(smoke=SyntheticImages(tint, train=24, stands_for=domain), laptop=Office31(domain))
    return found


def of(line: Deep, protocol: Protocol, pairs: tuple[Pair, ...] = (TO_WEBCAM,)) -> Contrast:
    return MeansOverPairs(pairs).by(line, protocol=protocol.name)


def printed(row: str, baseline: str) -> float:
    return LONG.gain("Table 1", row, baseline, {"source": "A", "target": "W"})


STUDY = Study(
    title="Office-31, fine-tuned: at which layer should domains agree?",
    question=(
        "The same pairs as in office31, but the last layers of the network that describes the images go on learning "
        "with the adaptation. Does that change what DAN and DANN gain, and which layer has to agree between domains?"
    ),
    paper=(
        "M. Long et al., Learning Transferable Features with Deep Adaptation Networks, ICML 2015, which aligns the "
        "last three layers of an AlexNet and asks what each of them alone would do (DAN7, DAN8)"
    ),
    plan=plan,
    seeds={"smoke": 2, "laptop": 5},
    chance=100 / 31,
    baseline={"method": NONE},
    ceiling=None,
    claims=(
        Claim(
            "Aligning the top layer (logits) beats aligning the lowest that learns (blocks 6)",
            (of(LAYERS[LOGITS], ONE_LAYER) - of(LAYERS["blocks_6"], ONE_LAYER),),
            f"the direction of {LONG}, section 3: transferability falls in the upper layers",
            varies=("method.stages",),
        ),
        Claim(
            "Aligning the bottleneck beats source only",
            (of(LAYERS["bottleneck"], ONE_LAYER) - of(ALONE, ONE_LAYER),),
            f"{LONG}, Table 1",
            published=printed("DAN7 (fc7 only)", "CNN fine-tuned"),
            smallest_effect=half_of(printed("DAN7 (fc7 only)", "CNN fine-tuned")),
        ),
        Claim(
            "Aligning all four layers beats aligning the logits alone",
            (of(ALIGNED[-1], ONE_LAYER) - of(LAYERS[LOGITS], ONE_LAYER),),
            f"{LONG}, Table 1",
            published=printed("DAN (fc6-8, MK-MMD)", "DAN8 (fc8 only)"),
            smallest_effect=half_of(printed("DAN (fc6-8, MK-MMD)", "DAN8 (fc8 only)")),
            varies=("method.stages",),
        ),
        Claim(
            "DAN beats source only with the last stage learnt, amazon to webcam",
            (of(learnt(DAN_2015), END_TO_END) - of(ALONE, END_TO_END),),
            f"{LONG}, Table 1",
            published=printed("DAN (fc6-8, MK-MMD)", "CNN fine-tuned"),
            primary=False,
        ),
        Claim(
            "DANN beats source only with the last stage learnt, amazon to webcam and back",
            (of(learnt(DANN_2015), END_TO_END, PAIRS) - of(ALONE, END_TO_END, PAIRS),),
            "Ganin et al., JMLR 2016, with an AlexNet",
            primary=False,
        ),
    ),
    views=(
        Dots("The last stage learnt", where={"protocol": END_TO_END.name}),
        Dots("One layer aligned, amazon to webcam", where={"protocol": ONE_LAYER.name}),
        Dots("More or less of the network learnt, amazon to webcam", rows="classifier", where={"protocol": DEPTH.name}),
        Grid("Every cell"),
    ),
    papers=addresses(LONG),
    deviations=(
        "An EfficientNet-Lite0 instead of an AlexNet: its stages below the first that learns stand still, in "
        "evaluation mode, and what they make of the images, without augmentation, is computed once. Published weights "
        "learn at a tenth of the rate, as in the paper, with BatchNorm over source and target as one batch.",
        "Runs of 1,500 steps of 64 + 64 images for source only, DAN and DANN, with three seeds; those that compare "
        "layers have 500 steps of 32 + 32.",
        "MMD of a stage is of its whole output, flattened: 15,680 numbers for blocks 6. DAN's kernels, estimate and "
        "weight, 1 for each layer.",
        "The paper freezes conv1 to conv3 and its code nothing; here three depths are compared, amazon to webcam.",
        "All numbers go by the last weights, which looks at no label.",
    ),
)
