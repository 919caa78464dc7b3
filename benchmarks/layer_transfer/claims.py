"""The paper's sentences and the contrasts that decide them."""

from __future__ import annotations

from mtl_bench.study import Claim, Contrast, Gate, accuracy, half_of

from .numbers import YOSINSKI, gained_in_own_half, in_logs, lost_between_dissimilar, lost_to_transfer, lost_to_untrained
from .plan import BASE, CONTROL, DISSIMILAR, EXACT, LAST, LONGER, RANDOM, UNTRAINED

IN_OWN_HALF = "by the authors' logs, each run against the base of its own half"
TUNED = (1, 3, 5, 7)


def reached(network: str, *layers: int, split: str = RANDOM, **labels: str) -> Contrast:
    """The mean over both halves and these layers; a replicate is a random cut into halves."""
    found = [accuracy(network=network, layer=n, split=split, selection=LAST, **labels) for n in layers or (0,)]
    return (1 / len(found)) * sum(found[1:], found[0])


def gap(layer: int, split: str) -> Contrast:
    return reached(BASE, split=split) - reached("AnB", layer, split=split)


def claim(
    text: str,
    contrast: Contrast,
    size: float,
    where: str = "Figure 2",
    primary: bool = True,
    varies: tuple[str, ...] = ("init",),
) -> Claim:
    source, smallest = f"{YOSINSKI}, {where}", half_of(size) if primary else None
    return Claim(text, (contrast,), source, size, smallest_effect=smallest, primary=primary, varies=varies)


CLAIMS = (
    claim(
        "The last layers are specific: with seven of A's, frozen, B is learnt worse (base − A7B)",
        gap(7, RANDOM),
        lost_to_transfer(7),
    ),
    claim("So it is with five (base − A5B)", gap(5, RANDOM), lost_to_transfer(5)),
    Claim(
        "The first layers are general: A1B and A2B are within 2 points of base",
        (reached("AnB", 1) - reached(BASE), reached("AnB", 2) - reached(BASE)),
        f"{YOSINSKI}, Figure 2",
        -lost_to_transfer(1),
        within=2,
        varies=("init",),
    ),
    claim(
        "Between animals and things seven layers transfer worse than between random halves",
        gap(7, DISSIMILAR) - gap(7, CONTROL),
        lost_between_dissimilar(7) - lost_to_transfer(7),
        "Figures 2 and 3",
        varies=("init", "data"),
    ),
    claim(
        "Two layers that nothing trained are worse than one's own (base − random, N(0, .01))",
        reached(BASE, split=UNTRAINED) - reached("random, N(0, .01)", 2, split=UNTRAINED),
        lost_to_untrained(2),
        "Figure 3",
    ),
    claim(
        "A's layers, fine-tuned, leave something that helps (AnB+ − base on half B, mean of n = 1, 3, 5, 7)",
        reached("AnB+", *TUNED, target="half B") - reached(BASE, target="half B"),
        gained_in_own_half("AnB+"),
        IN_OWN_HALF,
    ),
    claim(
        "Layers adapt to each other: frozen own ones cost most in the middle (mean of B1B, B7B − mean of B4B, B5B)",
        reached("BnB", 1, 7) - reached("BnB", 4, 5),
        in_logs("BnB", 1, 7) - in_logs("BnB", 4, 5),
        primary=False,
        varies=("init.count",),
    ),
    claim(
        "Seven of A's layers are worse than seven of one's own (specificity: B7B − A7B)",
        reached("BnB", 7) - reached("AnB", 7),
        in_logs("BnB", 7) - in_logs("AnB", 7),
        primary=False,
        varies=("init.weights.of.data",),
    ),
    claim(
        "It is what A taught that helps, not the longer training (AnB+ − BnB+ on half B, mean of n = 1, 3, 5, 7)",
        reached("AnB+", *TUNED, target="half B") - reached("BnB+", *TUNED, target="half B"),
        gained_in_own_half("AnB+") - gained_in_own_half("BnB+"),
        IN_OWN_HALF,
        primary=False,
    ),
    claim(
        "Between animals and things transfer is worse with five layers, too",
        gap(5, DISSIMILAR) - gap(5, CONTROL),
        lost_between_dissimilar(5) - lost_to_transfer(5),
        "Figures 2 and 3",
        primary=False,
        varies=("init", "data"),
    ),
    Claim(
        "Two untrained layers as He et al. scale them are worse than one's own, too",
        (reached(BASE, split=UNTRAINED) - reached("random, He", 2, split=UNTRAINED),),
        "nobody's claim: the paper has N(0, .01) only",
        primary=False,
        varies=("init",),
    ),
)

GATES = (
    Gate(
        "the base is trained: twice as many steps change it by less than the spread of base − A7B",
        reached(LONGER, target="half B") - reached(BASE, target="half B"),
        within_sd_of=gap(7, RANDOM),
    ),
    Gate(
        "bfloat16 is exact enough: float32 changes the base by less than the spread of base − A7B",
        reached(EXACT, target="half B") - reached(BASE, target="half B"),
        within_sd_of=gap(7, RANDOM),
    ),
)
