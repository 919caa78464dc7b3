"""What is asked: does attention find pivots by itself, and what does the adversary add?"""

from __future__ import annotations

from mtl_bench.study import Claim, Contrast, Gate, accuracy, mean_of

from .plan import ADVERSARY, ADVERSARY_OF_OTHERS, CONVOLUTION, LAST, MEMORY, RECURRENT, SOURCE_ONLY, VALIDATION

LI_2017 = "Li et al., IJCAI 2017"
OWN = "this project's own question"
WITHOUT_NUMBERS = f"{LI_2017}, abstract; its tables could not be read"
LEARNT = 70.0  # percent of the target's reviews, of which about half are of each class


def reached(network: str, method: str) -> Contrast:
    return accuracy(network=network, method=method, selection=VALIDATION)


def attended(metric: str, method: str) -> Contrast:
    return mean_of(metric, network=MEMORY, method=method, selection=LAST)


CLAIMS = (
    Claim(
        "Attention finds pivots: of its 50 words more are pivots by mutual information than of words as frequent",
        (attended("precision", ADVERSARY) - attended("precision_of_as_frequent", ADVERSARY),),
        WITHOUT_NUMBERS,
        smallest_effect=10,  # five words
        varies=("reads",),
    ),
    Claim(
        "The adversary makes the memory network better on the target, the mean of twelve pairs",
        (reached(MEMORY, ADVERSARY) - reached(MEMORY, SOURCE_ONLY),),
        WITHOUT_NUMBERS,
        smallest_effect=1.0,
    ),
    Claim(
        "The adversary moves attention to pivots (precision)",
        (attended("precision", ADVERSARY) - attended("precision", SOURCE_ONLY),),
        WITHOUT_NUMBERS,
        primary=False,
        varies=("of.of.method",),
    ),
    Claim(
        "The adversary moves attention to words that both domains have (share of all weight in source reviews)",
        (attended("shared", ADVERSARY) - attended("shared", SOURCE_ONLY),),
        WITHOUT_NUMBERS,
        primary=False,
        varies=("of.of.method",),
    ),
    Claim(
        "DANN makes a convolutional network better on the target, the mean of twelve pairs",
        (reached(CONVOLUTION, ADVERSARY_OF_OTHERS) - reached(CONVOLUTION, SOURCE_ONLY),),
        OWN,
        primary=False,
    ),
    Claim(
        "DANN makes a recurrent network better on the target, the mean of twelve pairs",
        (reached(RECURRENT, ADVERSARY_OF_OTHERS) - reached(RECURRENT, SOURCE_ONLY),),
        OWN,
        primary=False,
    ),
    Claim(
        "Attention costs accuracy: a convolutional network is better on the target, both without an adversary",
        (reached(CONVOLUTION, SOURCE_ONLY) - reached(MEMORY, SOURCE_ONLY),),
        OWN,
        primary=False,
        varies=("backbone",),
    ),
)

GATES = (
    Gate(
        "networks that saw labels of the source alone read 70 % of the target's reviews right",
        reached(MEMORY, SOURCE_ONLY),
        at_least=LEARNT,
    ),
)
