"""The paper's sentences and the contrasts that decide them."""

from __future__ import annotations

from mtl_bench.study import Claim, Contrast, Gate, accuracy, mean_of

from .numbers import YOSINSKI, gained_in_own_half, in_logs, lost_between_dissimilar, lost_to_transfer, lost_to_untrained
from .plan import AGAIN, BASE, BOTH_KINDS, LAST, LONGER, OTHER_KIND, RANDOM, UNTRAINED

IN_OWN_HALF = "by the authors' logs, the mean of n = 1 to 7, each run against the base of its own half"
SMALLEST = 1.0  # point: a twentieth of what a base reaches here, where the paper's loses as much with five layers
LEARNT = 60.0  # percent of its training images: one whose units died stayed at 42, those of the pilot pass 89


def reached(network: str, *layers: int, split: str = RANDOM, **labels: str) -> Contrast:
    """The mean over the halves that are learnt and these layers; a replicate is a random cut into halves."""
    found = [accuracy(network=network, layer=n, split=split, selection=LAST, **labels) for n in layers or (0,)]
    return (1 / len(found)) * sum(found[1:], found[0])


def base(split: str = RANDOM, **labels: str) -> Contrast:
    """The mean of two bases."""
    return 0.5 * (reached(BASE, split=split, **labels) + reached(AGAIN, split=split, **labels))


def kinds(layer: int) -> Contrast:
    """What is lost if the layers learnt the other kind of things instead of both, under one and the same network."""
    return reached("AnB", layer, split=BOTH_KINDS) - reached("AnB", layer, split=OTHER_KIND)


def learnt(network: str, *layers: int, split: str = RANDOM) -> Contrast:
    found = [
        mean_of("training_accuracy", network=network, layer=n, split=split, selection=LAST) for n in layers or (0,)
    ]
    return sum(found[1:], found[0])


def claim(
    text: str, contrast: Contrast, size: float, where: str = "Figure 2", varies: tuple[str, ...] = ("init", "seed")
) -> Claim:
    """A primary one. Of two bases, one has the other networks' seed and one a seed of its own."""
    return Claim(text, (contrast,), f"{YOSINSKI}, {where}", size, smallest_effect=SMALLEST, varies=varies)


def shown(text: str, contrast: Contrast, source: str, size: float | None, varies: tuple[str, ...]) -> Claim:
    """An exploratory one, on four cuts."""
    return Claim(text, (contrast,), source, size, primary=False, varies=varies)


CLAIMS = (
    claim(
        "The last layers are specific: with seven of A's, frozen, B is learnt worse (base − A7B)",
        base() - reached("AnB", 7),
        lost_to_transfer(7),
    ),
    claim("So it is with five (base − A5B)", base() - reached("AnB", 5), lost_to_transfer(5)),
    Claim(
        "The first layers are general: with two of A's, frozen, B is learnt at most 2 points worse (A2B − base)",
        (reached("AnB", 2) - base(),),
        f"{YOSINSKI}, Figure 2",
        -lost_to_transfer(2),
        at_most_worse=2,
        varies=("init", "seed"),
    ),
    claim(
        "Seven layers that learnt the other kind of things are worse than seven that learnt natural and man-made ones",
        kinds(7),
        lost_between_dissimilar(7) - lost_to_transfer(7),
        "Figures 2 and 3",
        varies=("init.weights.of.data",),
    ),
    claim(
        "Two layers that nothing trained are worse than one's own (base − random, N(0, .01))",
        base(split=UNTRAINED) - reached("random, N(0, .01)", 2, split=UNTRAINED),
        lost_to_untrained(2),
        "Figure 3",
    ),
    shown(
        "Layers adapt to each other: frozen own ones cost most in the middle (mean of B1B, B7B − mean of B4B, B5B)",
        reached("BnB", 1, 7) - reached("BnB", 4, 5),
        f"{YOSINSKI}, Figure 2",
        in_logs("BnB", 1, 7) - in_logs("BnB", 4, 5),
        ("init.count",),
    ),
    shown(
        "Seven of A's layers are worse than seven of one's own (specificity: B7B − A7B)",
        reached("BnB", 7) - reached("AnB", 7),
        f"{YOSINSKI}, Figure 2",
        in_logs("BnB", 7) - in_logs("AnB", 7),
        ("init.weights.of.data",),
    ),
    shown(
        "A's layers, fine-tuned, leave something that helps (A5B+ − base)",
        reached("AnB+", 5, target="half B") - base(target="half B"),
        f"{YOSINSKI}, {IN_OWN_HALF}",
        gained_in_own_half("AnB+"),
        ("init", "seed"),
    ),
    shown(
        "It is what A taught that helps, not the longer training (A5B+ − B5B+)",
        reached("AnB+", 5, target="half B") - reached("BnB+", 5, target="half B"),
        f"{YOSINSKI}, {IN_OWN_HALF}",
        gained_in_own_half("AnB+") - gained_in_own_half("BnB+"),
        ("init.weights.of.data",),
    ),
    shown(
        "Five layers that learnt the other kind of things are worse, too",
        kinds(5),
        f"{YOSINSKI}, Figures 2 and 3",
        lost_between_dissimilar(5) - lost_to_transfer(5),
        ("init.weights.of.data",),
    ),
    shown(
        "Two untrained layers as He et al. scale them are worse than one's own, too",
        base(split=UNTRAINED) - reached("random, He", 2, split=UNTRAINED),
        "nobody's claim: the paper has N(0, .01) only",
        None,
        ("init", "seed"),
    ),
)

GATES = (
    Gate(
        "the base is trained: twice as many steps change it by less than the spread of base − A7B",
        reached(LONGER) - reached(BASE, target="half B"),
        within_sd_of=base() - reached("AnB", 7),
    ),
    Gate(
        "every network that has more than a classifier to learn has learnt its training images",
        learnt(BASE) + learnt(AGAIN) + learnt("AnB", 2, 5),
        at_least=LEARNT,
        every=True,
    ),
)
