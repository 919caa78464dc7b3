"""Office-31 with a network whose last stages go on learning: at which layer should domains agree?"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from mtl_bench.datasets.office31 import Office31
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.methods.deep.stage_mmd import LOGITS, StageMMD
from mtl_bench.models.above import Above
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import FULL, AdaptationTable, Pair, Protocol, between, transductive_table
from mtl_bench.plans.contrasts import MeansOverPairs
from mtl_bench.plans.lines import Deep
from mtl_bench.plans.standard import DAN_2015, DANN_1024, NONE, SOURCE_ONLY, SUM
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
DEPTH = Protocol("full, more or less learnt")
FEATURES = "EfficientNet-Lite0"


def learnt(line: Deep, first: str = LEARNT) -> Deep:
    """The line on a network that learns from this stage on."""
    return replace(line, network=Above(first=first))


def aligned(name: str, *stages: str, weight: float = SUM) -> Deep:
    return learnt(Deep(name, StageMMD(stages, weight), family="discrepancy"))


ALONE = learnt(SOURCE_ONLY)
# Any method that sees the target normalises both domains as one batch, which source only does not.
TOGETHER = aligned("both domains in BatchNorm, no more", "bottleneck", weight=0.0)
LAYERS = {stage: aligned(f"MMD of {stage.replace('_', ' ')}", stage) for stage in STAGES}
ALL_FOUR = aligned("MMD of all four", *STAGES)
DAN, DANN = learnt(DAN_2015), learnt(DANN_1024)
BOTH_WAYS = (ALONE, TOGETHER, LAYERS["bottleneck"], DAN, DANN)  # the lines of claims on both pairs
ONE_WAY = (*(line for stage, line in LAYERS.items() if stage != "bottleneck"), ALL_FOUR)


def plan(scale: Scale) -> Iterator[Cell]:
    fewer = scale.seeds[: scale.pick(smoke=1, laptop=3)]
    of_stage = table(scale, LEARNT)
    yield from of_stage.deep(BOTH_WAYS, PAIRS[: scale.pick(smoke=1, laptop=None)], scale.seeds)
    yield from of_stage.deep(ONE_WAY[: scale.pick(smoke=1, laptop=None)], (TO_WEBCAM,), scale.seeds)
    for first in scale.pick(smoke=("conv_head",), laptop=BELOW):
        lines = (learnt(line, first) for line in (SOURCE_ONLY, TOGETHER, DAN_2015))
        yield from table(scale, first).deep(lines, (TO_WEBCAM,), fewer, DEPTH)


def table(scale: Scale, first: str) -> AdaptationTable:
    """The activations below the first stage that learns."""
    pool: str = scale.pick(smoke="train", laptop="all")
    photographs = {name: images(scale, name) for name in Office31.domains}
    below = {name: Trunk(data, Pretrained(), (pool,), upto=BELOW[first]) for name, data in photographs.items()}
    return transductive_table(
        below,
        photographs,
        pool,
        Recipe(
            steps=scale.pick(smoke=2, laptop=500),
            batch_size=scale.pick(smoke=8, laptop=32),
            weight_decay=0.001,
            checkpoints=1,
        ),
        {"features": scale.pick(smoke="synthetic", laptop=FEATURES), "images": "original"},
    )


def images(scale: Scale, domain: str) -> DataSet:
    tint = Office31.domains.index(domain) / len(Office31.domains)
    found: DataSet = scale.pick(smoke=SyntheticImages(tint, train=24, stands_for=domain), laptop=Office31(domain))
    return found


def of(line: Deep, pairs: tuple[Pair, ...] = (TO_WEBCAM,)) -> Contrast:
    return MeansOverPairs(pairs).by(line)


def printed(row: str, baseline: str, pair: Pair) -> float:
    source, target = (name[0].upper() for name in pair)
    return LONG.gain("Table 1", row, baseline, {"source": source, "target": target})


def exploratory(text: str, contrast: Contrast, source: str, varies: tuple[str, ...] = ("method",)) -> Claim:
    return Claim(text, (contrast,), source, primary=False, varies=varies)


def over_pairs(row: str, baseline: str) -> float:
    return sum(printed(row, baseline, pair) for pair in PAIRS) / len(PAIRS)


ALIGNED_7 = over_pairs("DAN7 (fc7 only)", "CNN fine-tuned")
ALL_OVER_LOGITS = printed("DAN (fc6-8, MK-MMD)", "DAN8 (fc8 only)", TO_WEBCAM)

STUDY = Study(
    title="Office-31, fine-tuned: at which layer should domains agree?",
    question=(
        "Two pairs of office31, but the last layers of the network that describes the images go on learning with the "
        "adaptation. Which layer has to agree between domains, and how much of the gain is BatchNorm's?"
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
            (of(LAYERS[LOGITS]) - of(LAYERS["blocks_6"]),),
            f"the direction of {LONG}, section 3: transferability falls in the upper layers",
            varies=("method.stages",),
        ),
        Claim(
            "Aligning the bottleneck beats seeing the target in BatchNorm alone, amazon to webcam and back",
            (of(LAYERS["bottleneck"], PAIRS) - of(TOGETHER, PAIRS),),
            f"{LONG}, Table 1, with a network without BatchNorm",
            published=ALIGNED_7,
            smallest_effect=half_of(ALIGNED_7),
            varies=("method.weight",),
        ),
        Claim(
            "Aligning all four layers beats aligning the logits alone",
            (of(ALL_FOUR) - of(LAYERS[LOGITS]),),
            f"{LONG}, Table 1",
            published=ALL_OVER_LOGITS,
            smallest_effect=half_of(ALL_OVER_LOGITS),
            varies=("method.stages",),
        ),
        exploratory(
            "Seeing the target in BatchNorm alone beats source only, amazon to webcam and back",
            of(TOGETHER, PAIRS) - of(ALONE, PAIRS),
            "nobody's claim: what part of any method's gain is BatchNorm's",
        ),
        exploratory(
            "DAN beats seeing the target in BatchNorm alone, amazon to webcam and back",
            of(DAN, PAIRS) - of(TOGETHER, PAIRS),
            f"the direction of {LONG}, Table 1",
            ("method", "method.weight"),
        ),
        exploratory(
            "DANN beats seeing the target in BatchNorm alone, amazon to webcam and back",
            of(DANN, PAIRS) - of(TOGETHER, PAIRS),
            "Ganin et al., JMLR 2016, with an AlexNet",
        ),
    ),
    views=(
        Dots("The last stage learnt, amazon to webcam", where={**between(TO_WEBCAM), "protocol": FULL}),
        Dots("The last stage learnt, webcam to amazon", where={**between(TO_AMAZON), "protocol": FULL}),
        Dots("More or less of the network learnt, amazon to webcam", rows="classifier", where={"protocol": DEPTH.name}),
        Grid("Every cell"),
    ),
    papers=addresses(LONG),
    deviations=(
        "An EfficientNet-Lite0 instead of an AlexNet: its stages below the first that learns stand still, in "
        "evaluation mode, and what they make of the images, without augmentation, is computed once. Published weights "
        "learn at a tenth of the rate, as in the paper, with BatchNorm over source and target as one batch.",
        "Runs of 500 steps of 32 + 32 images; three seeds where depths are compared, five else.",
        "Source only sees no target image, in BatchNorm either; every other line does. What a loss adds is therefore "
        "measured against a line that has BatchNorm over both domains and the loss with weight 0.",
        "MMD of a stage is of its whole output, flattened: 15,680 numbers for blocks 6. DAN's kernels and estimate, "
        "and for each layer its authors' weight, the sum of five kernels. DANN's adversary is its paper's for "
        "Office-31, 1024 and 1024 units, with the dropout of CDAN's code.",
        "The paper freezes conv1 to conv3 and its code nothing; here three depths are compared, amazon to webcam.",
        "All numbers go by the last weights, which looks at no label.",
    ),
)
