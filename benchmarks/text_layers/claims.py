"""The paper's sentences and the contrasts that decide them."""

from __future__ import annotations

from mtl_bench.study import Claim, Contrast, Gate, accuracy, mean_of

from .networks import EMBEDDING, FROZEN, GLOVE, HIDDEN, MULT, MULT_INIT, NOTHING, OUTPUT, RANDOM, TUNED
from .numbers import MOU
from .plan import ALONG, RATES, SOURCE, SOURCES
from .rungs import ENCODER, LANGUAGE, LANGUAGE_MODEL, RUNGS
from .texts import ALL, DIFFERENT, EQUIVALENT, FEW, IMDB_REVIEWS, SNLI_PAIRS

TEXT = f"{MOU}, the paper's text"
NOBODY = "nobody's claim: the paper has vectors of words alone"
SAME = 1.0  # point: what counts as no difference between two ways of giving the same layers
NO_GAIN = 1.5  # points that count as none where the target means something else
LEARNT = 80.0  # percent of its training texts
INIT = ("weights.of.init",)


def mean(contrasts: list[Contrast]) -> Contrast:
    return (1 / len(contrasts)) * sum(contrasts[1:], contrasts[0])


def reached(
    network: str, layer: int, targets: tuple[str, ...], labels: str = FEW, comparison: str = RANDOM, **where: str
) -> Contrast:
    """The mean over targets."""
    return mean(
        [
            accuracy(network=network, layer=layer, target=target, labels=labels, comparison=comparison, **where)
            for target in targets
        ]
    )


def gain(targets: tuple[str, ...], labels: str = FEW, comparison: str = RANDOM, layer: int = HIDDEN) -> Contrast:
    """What layers that were given and fine-tuned add to none."""
    given = reached(TUNED, layer, targets, labels, comparison)
    return given - reached(NOTHING, 0, targets, labels, comparison)


def step(rung: str, below: str) -> Contrast:
    """From one rung to the next, as a mean over both targets of sentences."""
    targets = EQUIVALENT[0], DIFFERENT[0]
    rungs = [
        mean([accuracy(network=name, target=target, labels=FEW, comparison=RUNGS) for target in targets])
        for name in (rung, below)
    ]
    return rungs[0] - rungs[1]


def at_rate(times: str) -> Contrast:
    where = {"labels": FEW, "comparison": RATES, "times": times}
    given, none = (
        mean([accuracy(network=network, layer=layer, target=target, **where) for target in EQUIVALENT])
        for network, layer in ((TUNED, HIDDEN), (NOTHING, 0))
    )
    return given - none


def after(share: str) -> Contrast:
    """What is reached from the source's network after a share of its training."""
    return reached(TUNED, HIDDEN, EQUIVALENT, comparison=ALONG, trained=share)


def shown(text: str, *contrasts: Contrast, varies: tuple[str, ...], source: str = TEXT) -> Claim:
    return Claim(text, contrasts, source, primary=False, varies=varies)


CLAIMS = (
    Claim(
        "The embedding, and the embedding with the hidden layer, are no worse fine-tuned than frozen (at most 1 point)",
        tuple(reached(TUNED, layer, EQUIVALENT) - reached(FROZEN, layer, EQUIVALENT) for layer in (EMBEDDING, HIDDEN)),
        TEXT,
        at_most_worse=SAME,
        varies=("weights.of.init.freeze",),
    ),
    Claim(
        "The output layer adds nothing to the layers below it, where the target has the same classes (± 1 point)",
        (reached(TUNED, OUTPUT, EQUIVALENT) - reached(TUNED, HIDDEN, EQUIVALENT),),
        TEXT,
        within=SAME,
        varies=INIT,
    ),
    Claim(
        "A target that means something else gains nothing from the source (± 1.5 points)",
        (gain(DIFFERENT),),
        TEXT,
        within=NO_GAIN,
        varies=INIT,
    ),
    Claim(
        "Learning both tasks at once is no worse than one after the other (MULT − INIT, at most 1 point)",
        (reached(MULT, HIDDEN, EQUIVALENT) - reached(TUNED, HIDDEN, EQUIVALENT),),
        TEXT,
        at_most_worse=SAME,
        varies=("weights.of",),
    ),
    Claim(
        "What the source gives is more where the target has few labels (gain with 500 − gain with all)",
        (gain(EQUIVALENT) - gain(EQUIVALENT, ALL),),
        TEXT,
        varies=("data.of", "weights.of.data.of", "weights.of.recipe.steps"),
    ),
    Claim(
        "With few labels each rung of unsupervised pre-training beats the one below",
        (step(GLOVE, RANDOM), step(LANGUAGE_MODEL, GLOVE)),
        NOBODY,
        varies=INIT,
    ),
    shown(
        "A published encoder of sentences beats the language model, under a linear classifier alone",
        step(ENCODER, LANGUAGE_MODEL),
        varies=("trial",),
        source=NOBODY,
    ),
    shown("A target of equal meaning gains from the source", gain(EQUIVALENT), varies=INIT),
    shown("So it does with all labels", gain(EQUIVALENT, ALL), varies=INIT),
    shown(
        "A target of equal meaning gains more than one that means something else",
        *(gain((same,)) - gain((other,)) for same, other in zip(EQUIVALENT, DIFFERENT, strict=True)),
        varies=("data", "weights.of.data"),
    ),
    shown(
        "The hidden layer gives more than the embedding alone",
        reached(TUNED, HIDDEN, EQUIVALENT) - reached(TUNED, EMBEDDING, EQUIVALENT),
        varies=("weights.of.init.count",),
    ),
    shown(
        "An embedding helps where the target means something else, too",
        reached(TUNED, EMBEDDING, DIFFERENT) - reached(NOTHING, 0, DIFFERENT),
        varies=INIT,
    ),
    shown(
        "An embedding that starts from published vectors gives less than one that does not",
        gain(EQUIVALENT, layer=EMBEDDING) - gain(EQUIVALENT, comparison=GLOVE, layer=EMBEDDING),
        varies=INIT,
    ),
    shown(
        "With published vectors the source still gives something",
        gain(EQUIVALENT, comparison=GLOVE),
        varies=INIT,
    ),
    shown(
        "Both ways together give no more than INIT alone",
        reached(MULT_INIT, HIDDEN, EQUIVALENT) - reached(TUNED, HIDDEN, EQUIVALENT),
        varies=("weights.of",),
    ),
    shown(
        "A large learning rate does not destroy what was given (gain at 3 times the rate − at the usual one)",
        at_rate("3") - at_rate("1"),
        varies=("weights.of.recipe.learning_rate",),
    ),
    shown(
        "The last two thirds of the source's training still add something",
        after("1") - after("0.33"),
        varies=("weights.of.init.weights.step",),
    ),
)


def learnt(labels: str) -> Contrast:
    found = [
        mean_of("training_accuracy", network=network, layer=layer, target=target, labels=labels, comparison=RANDOM)
        for target in (*EQUIVALENT, *DIFFERENT)
        for network, layer in ((NOTHING, 0), (TUNED, HIDDEN))
    ]
    return sum(found[1:], found[0])


GATES = (
    Gate(
        "every network of a target has learnt its training texts, few or all",
        learnt(FEW) + learnt(ALL),
        at_least=LEARNT,
        every=True,
    ),
    Gate(
        "the source is learnt: 65 % of texts of its own that nobody learnt from",
        accuracy(network=SOURCE, target=IMDB_REVIEWS, comparison=SOURCES, labels=ALL),
        at_least=65,
    ),
    Gate(
        "the source of pairs is learnt: half of texts of its own that nobody learnt from",
        accuracy(network=SOURCE, target=SNLI_PAIRS, comparison=SOURCES, labels=ALL),
        at_least=50,
    ),
    Gate(
        "the language model has learnt more than how frequent words are",
        mean_of("perplexity_of_frequencies", network=LANGUAGE, comparison=RUNGS)
        - mean_of("perplexity", network=LANGUAGE, comparison=RUNGS),
        at_least=100,
    ),
)
