"""The paper's sentences and the contrasts that decide them."""

from __future__ import annotations

from mtl_bench.study import Claim, Contrast, Gate, mean_of

from .networks import FAR, GENTLY, NEAR, PRETRAINED, RANDOM, SOURCE, TARGETS
from .numbers import CKA_TABLE, NEYSHABUR, likeness
from .pairs import ACROSS, DEBIASED, NORMED, OTHER_START, RE_ESTIMATED, SAME_START, TWINS, TWINS_GENTLY
from .plan import AFTER, BEFORE, EARLY, ITSELF, LAST, SINCE, SMALLEST

LEARNT = 99.0  # percent of the training images: networks that have not learnt them show no barrier
STARTS = ("init",)
ONE_BASIN = "Networks that were pre-trained lie in one basin: at most 1 point of training error between two of them"
TWO_BASINS = "Two that started from the same random weights do not (barrier between RI-T of one start − between P-T)"
OF_OTHER_STARTS = (
    "Between two of different random starts there is a higher barrier than between two that were pre-trained"
)
WITH_BATCH_NORM = "With BatchNorm, estimating its averages anew lowers the barrier between two of random starts"
PAIRED = ("a.of.init", "b.of.init")
AT_THEIR_RATES = ("init", "recipe.learning_rate", "data")
TEXT = "the paper's text"  # with no number


def reached(network: str, target: str, metric: str = "accuracy") -> Contrast:
    return mean_of(metric, network=network, target=target, halvings=0)


def in_blocks(network: str, target: str, metric: str = "accuracy") -> Contrast:
    """On images in the two smallest blocks, of 2 × 2 pixels and of one."""
    return mean_of(metric, network=network, target=target, blocks=SMALLEST)


def gain(target: str, metric: str = "accuracy", network: str = PRETRAINED) -> Contrast:
    """P-T less RI-T, at one rate unless `network` says otherwise."""
    return reached(network, target, metric) - reached(RANDOM, target, metric)


def gain_in_blocks(target: str) -> Contrast:
    return in_blocks(PRETRAINED, target) - in_blocks(RANDOM, target)


def barrier(pair: str) -> Contrast:
    return mean_of("error_barrier", pair=pair, target=NEAR)


def alike(pair: str, layer: int) -> Contrast:
    return mean_of("CKA", pair=pair, target=NEAR, estimate=DEBIASED, layer=layer)


def apart(pair: str, layer: int) -> Contrast:
    return mean_of("distance", pair=pair, target=NEAR, layer=layer)


def mean(contrasts: list[Contrast]) -> Contrast:
    return (1 / len(contrasts)) * sum(contrasts[1:], contrasts[0])


def shrinking(network: str, target: str, metric: str = "accuracy") -> Contrast:
    """What is lost from whole images to the smallest blocks."""
    return reached(network, target, metric) - in_blocks(network, target, metric)


def since(target: str, metric: str = "accuracy", **where: str) -> Contrast:
    """What starts from a checkpoint of pre-training."""
    return mean_of(metric, network=ITSELF if target == SOURCE else SINCE, target=target, **where)


def jump(target: str, drop: int) -> Contrast:
    """From before a drop of pre-training's rate to an epoch after it."""
    return since(target, mark=f"{AFTER} {drop}") - since(target, mark=f"{BEFORE} {drop}")


def rest(target: str, metric: str = "accuracy") -> Contrast:
    """What pre-training still adds after an early epoch."""
    return since(target, metric, mark=LAST) - since(target, metric, mark=EARLY)


def shown(text: str, *contrasts: Contrast, varies: tuple[str, ...], unit: str = "points") -> Claim:
    return Claim(text, contrasts, f"{NEYSHABUR}, {TEXT}", primary=False, varies=varies, unit=unit)


CLAIMS = (
    Claim(
        ONE_BASIN,
        (barrier(TWINS),),
        f"{NEYSHABUR}, Section 3.3",
        within=1,
        varies=(),  # both networks are inside one line
    ),
    Claim(
        TWO_BASINS,
        (barrier(SAME_START) - barrier(TWINS),),
        f"{NEYSHABUR}, Section 3.3",
        smallest_effect=2,
        varies=PAIRED,
    ),
    Claim(
        "Two that were pre-trained are more alike than two of random starts (CKA, the mean over layers)",
        (mean([alike(TWINS, layer) - alike(OTHER_START, layer) for layer in range(1, 6)]),),
        f"{NEYSHABUR}, {CKA_TABLE}",
        likeness("P-T & P-T") - likeness("RI-T & RI-T"),
        smallest_effect=0.01,
        varies=(*PAIRED, "b.of.seed", "b.of.order"),
        unit="of 1",
    ),
    Claim(
        "Pre-training is worth more on photographs than on drawings (gain in accuracy)",
        (gain(NEAR) - gain(FAR),),
        f"{NEYSHABUR}, {TEXT}",
        varies=("init", "data"),
    ),
    Claim(
        "Pre-trained networks learn faster on every target, the far ones too (area under the learning curve)",
        tuple(gain(target, "area") for target in TARGETS),
        f"{NEYSHABUR}, {TEXT}",
        varies=STARTS,
    ),
    Claim(
        "Two that were pre-trained fail on the same images more than one that was and one that was not (κ)",
        (mean_of("kappa", pair=TWINS, target=NEAR) - mean_of("kappa", pair=ACROSS, target=NEAR),),
        f"{NEYSHABUR}, {TEXT}",
        smallest_effect=0.05,
        varies=("b.of.init",),
        unit="of 1",
    ),
    shown(
        "In every layer they are",
        *(alike(TWINS, layer) - alike(OTHER_START, layer) for layer in range(1, 6)),
        varies=(*PAIRED, "b.of.seed", "b.of.order"),
        unit="of 1",
    ),
    shown(
        OF_OTHER_STARTS,
        barrier(OTHER_START) - barrier(TWINS),
        varies=(*PAIRED, "b.of.seed", "b.of.order"),
    ),
    shown(
        WITH_BATCH_NORM,
        barrier(NORMED) - barrier(RE_ESTIMATED),
        varies=("re_estimated",),
    ),
    shown(
        "Pre-training helps on the far targets too",
        gain(FAR),
        gain("x-rays"),
        varies=STARTS,
    ),
    shown(
        "At the paper's rates pre-training is worth more on photographs than on drawings, too",
        gain(NEAR, network=GENTLY) - gain(FAR, network=GENTLY),
        varies=AT_THEIR_RATES,
    ),
    shown(
        "At the paper's rates pre-trained networks reach more on every target",
        *(gain(target, network=GENTLY) for target in TARGETS),
        varies=("init", "recipe.learning_rate"),
    ),
    shown(
        "Two of one random start are less alike than two that were pre-trained, too",
        *(alike(TWINS, layer) - alike(SAME_START, layer) for layer in range(1, 6)),
        varies=PAIRED,
        unit="of 1",
    ),
    shown(
        "Two that were pre-trained lie nearer to each other, at the paper's rates (mean distance over layers)",
        mean([apart(SAME_START, layer) - apart(TWINS_GENTLY, layer) for layer in range(1, 6)]),
        varies=(*PAIRED, "a.of.recipe.learning_rate", "b.of.recipe.learning_rate"),
        unit="of 1",
    ),
    shown(
        "So they do at one rate",
        mean([apart(SAME_START, layer) - apart(TWINS, layer) for layer in range(1, 6)]),
        varies=PAIRED,
        unit="of 1",
    ),
    shown(
        "What pre-training gives on photographs falls as blocks shrink",
        gain(NEAR) - gain_in_blocks(NEAR),
        varies=("init", "data"),
    ),
    shown(
        "On drawings it does not",
        gain_in_blocks(FAR) - gain(FAR),
        varies=("init", "data"),
    ),
    shown(
        "Both networks' accuracy falls as blocks shrink",
        *(shrinking(network, target) for network in (PRETRAINED, RANDOM) for target in (NEAR, FAR)),
        varies=("data",),
    ),
    shown(
        "Networks of random starts slow down more as blocks shrink (area)",
        *(shrinking(RANDOM, target, "area") - shrinking(PRETRAINED, target, "area") for target in (NEAR, FAR)),
        varies=("init", "data"),
    ),
    shown(
        "Images that the pre-trained network alone gets right are easier than those that it alone gets wrong",
        mean_of("difficulty_for_a", pair=ACROSS, target=NEAR) - mean_of("difficulty_for_b", pair=ACROSS, target=NEAR),
        varies=("reads",),
    ),
    Claim(
        "On the targets it makes no difference whether pre-training stops before its rate drops or after (± 2 points)",
        tuple(jump(target, drop) for target in (NEAR, FAR) for drop in (1, 2)),
        f"{NEYSHABUR}, {TEXT}",
        within=2,
        primary=False,
        varies=("init.weights.step",),
    ),
    shown(
        "while on the source accuracy jumps there",
        *(jump(SOURCE, drop) for drop in (1, 2)),
        varies=("reads",),
    ),
    shown(
        "What drawings gain from pre-training, they gain earlier: later epochs add more on photographs",
        rest(NEAR) - rest(FAR),
        varies=("data", "init.weights.step"),
    ),
    shown(
        "Speed is gained earlier than accuracy: later epochs add less to the area than to the accuracy",
        rest(NEAR) - rest(NEAR, "area"),
        varies=("reads", "trial"),
    ),
)


def learnt(*pairs: str) -> Contrast:
    return mean([mean_of("training_accuracy", pair=pair) for pair in pairs])


GATES = (
    Gate(
        "every network between two of which a barrier is looked for has learnt its training images",
        learnt(TWINS, SAME_START, OTHER_START),
        at_least=LEARNT,
        every=True,
        claims=(ONE_BASIN, TWO_BASINS, OF_OTHER_STARTS),
    ),
    Gate(
        "so has every one with BatchNorm",
        learnt(NORMED),
        at_least=LEARNT,
        every=True,
        claims=(WITH_BATCH_NORM,),
    ),
)
