"""The paper's sentences and the contrasts that decide them: primary of sentences, shown of pairs."""

from __future__ import annotations

from mtl_bench.study import Claim, Contrast, Gate, accuracy, mean_of

from .networks import EMBEDDING, FROZEN, GLOVE, HIDDEN, MULT, MULT_INIT, NOTHING, OUTPUT, RANDOM, TUNED
from .numbers import MOU
from .plan import ALONG, RATES, SOURCE, SOURCES
from .rungs import ENCODER, LANGUAGE, LANGUAGE_MODEL, RUNGS
from .texts import ALL, FEW, IMDB_REVIEWS

SAME_MEANING, OTHER_MEANING = ("mr", "sick"), ("trec", "msrp")  # of sentences, of pairs
SENTENCES, PAIRS = 0, 1  # their places there
TEXT = f"{MOU}, the paper's text"  # with no number
NOBODY = "nobody's claim: the paper has vectors of words alone"
SAME = 1.0  # point: what counts as no difference between two ways of giving the same layers
NO_GAIN = 2.0  # points that count as none where the target means something else
LEARNT = 80.0  # percent of its training texts
SOURCE_LEARNT = 65.0  # percent of reviews that it did not learn from
WORDS_TOLD = 100.0  # by which perplexity falls below that of how frequent words are
INIT = ("weights.of.init",)
SCALED = ("data.of", "weights.of.data.of", "weights.of.recipe.steps")  # few labels or all


def reached(network: str, layer: int, target: str, labels: str = FEW, comparison: str = RANDOM) -> Contrast:
    return accuracy(network=network, layer=layer, target=target, labels=labels, comparison=comparison)


def gain(target: str, labels: str = FEW, comparison: str = RANDOM, layer: int = HIDDEN) -> Contrast:
    """What layers that were given and fine-tuned add to none."""
    given = reached(TUNED, layer, target, labels, comparison)
    return given - reached(NOTHING, 0, target, labels, comparison)


def tuned_or_frozen(kind: int) -> tuple[Contrast, Contrast]:
    """Of the embedding, and of the embedding with the hidden layer."""
    embedding, both = (
        reached(TUNED, layer, SAME_MEANING[kind]) - reached(FROZEN, layer, SAME_MEANING[kind])
        for layer in (EMBEDDING, HIDDEN)
    )
    return embedding, both


def output_layer(kind: int) -> Contrast:
    return reached(TUNED, OUTPUT, SAME_MEANING[kind]) - reached(TUNED, HIDDEN, SAME_MEANING[kind])


def at_once(kind: int, network: str = MULT) -> Contrast:
    """MULT, or both ways, less INIT."""
    return reached(network, HIDDEN, SAME_MEANING[kind]) - reached(TUNED, HIDDEN, SAME_MEANING[kind])


def few_or_all(kind: int) -> Contrast:
    return gain(SAME_MEANING[kind]) - gain(SAME_MEANING[kind], ALL)


def step(rung: str, below: str) -> Contrast:
    """From one rung to the next, as a mean over both targets of sentences."""
    targets = SAME_MEANING[SENTENCES], OTHER_MEANING[SENTENCES]
    one, other = (
        [accuracy(network=name, target=target, labels=FEW, comparison=RUNGS) for target in targets]
        for name in (rung, below)
    )
    return 0.5 * (one[0] + one[1]) - 0.5 * (other[0] + other[1])


def at_rate(times: str) -> Contrast:
    given, none = (
        accuracy(network=network, layer=layer, target="mr", labels=FEW, comparison=RATES, times=times)
        for network, layer in ((TUNED, HIDDEN), (NOTHING, 0))
    )
    return given - none


def after(share: str) -> Contrast:
    """What is reached from the source's network after a share of its training."""
    return accuracy(network=TUNED, layer=HIDDEN, target="mr", labels=FEW, comparison=ALONG, trained=share)


def shown(text: str, *contrasts: Contrast, varies: tuple[str, ...], source: str = TEXT) -> Claim:
    return Claim(text, contrasts, source, primary=False, varies=varies)


CLAIMS = (
    Claim(
        "The embedding, and the embedding with the hidden layer, are no worse fine-tuned than frozen (at most 1 point)",
        tuned_or_frozen(SENTENCES),
        TEXT,
        at_most_worse=SAME,
        varies=("weights.of.init.freeze",),
    ),
    Claim(
        "The output layer adds nothing to the layers below it, though the target has the same classes (± 1 point)",
        (output_layer(SENTENCES),),
        TEXT,
        within=SAME,
        varies=INIT,
    ),
    Claim(
        "A target that means something else gains nothing from the source (TREC, ± 2 points)",
        (gain(OTHER_MEANING[SENTENCES]),),
        TEXT,
        within=NO_GAIN,
        varies=INIT,
    ),
    Claim(
        "Learning both tasks at once is no worse than one after the other (MULT − INIT, at most 1 point)",
        (at_once(SENTENCES),),
        TEXT,
        at_most_worse=SAME,
        varies=("weights.of",),
    ),
    Claim(
        "What the source gives is more where the target has few labels (gain with 500 − gain with all)",
        (few_or_all(SENTENCES),),
        TEXT,
        varies=SCALED,
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
    shown("A target of the same meaning gains from the source (MR)", gain("mr"), varies=INIT),
    shown("So it does with all labels", gain("mr", ALL), varies=INIT),
    shown(
        "It gains more than one that means something else (MR − TREC, SICK − MSRP)",
        *(gain(same) - gain(other) for same, other in zip(SAME_MEANING, OTHER_MEANING, strict=True)),
        varies=("data", "weights.of.data"),
    ),
    shown(
        "The hidden layer gives more than the embedding alone",
        reached(TUNED, HIDDEN, "mr") - reached(TUNED, EMBEDDING, "mr"),
        varies=("weights.of.init.count",),
    ),
    shown(
        "An embedding helps where the target means something else, too (TREC)",
        gain("trec", layer=EMBEDDING),
        varies=INIT,
    ),
    shown(
        "The source's embedding gives less where it started from published vectors",
        gain("mr", layer=EMBEDDING) - gain("mr", comparison=GLOVE, layer=EMBEDDING),
        varies=INIT,
    ),
    shown("With published vectors the source still gives something", gain("mr", comparison=GLOVE), varies=INIT),
    shown("Both ways together give no more than INIT alone", at_once(SENTENCES, MULT_INIT), varies=("weights.of",)),
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
    shown("Pairs: a target of the same meaning gains from the source (SICK)", gain("sick"), varies=INIT),
    shown("Pairs: one that means something else (MSRP)", gain("msrp"), varies=INIT),
    shown("Pairs: fine-tuned − frozen, E and E, H", *tuned_or_frozen(PAIRS), varies=("weights.of.init.freeze",)),
    shown("Pairs: what the output layer adds", output_layer(PAIRS), varies=INIT),
    shown("Pairs: both tasks at once − one after the other", at_once(PAIRS), varies=("weights.of",)),
    shown("Pairs: gain with 500 labels − gain with all", few_or_all(PAIRS), varies=SCALED),
)


def learnt(labels: str) -> Contrast:
    found = [
        mean_of("training_accuracy", network=network, layer=layer, target=target, labels=labels, comparison=RANDOM)
        for target in ("mr", "trec")
        for network, layer in ((NOTHING, 0), (TUNED, HIDDEN))
    ]
    return sum(found[1:], found[0])


GATES = (
    Gate(
        "every network of sentences has learnt its training texts, few or all",
        learnt(FEW) + learnt(ALL),
        at_least=LEARNT,
        every=True,
    ),
    Gate(
        "the source is learnt: 65 % of reviews that it did not learn from",
        accuracy(network=SOURCE, target=IMDB_REVIEWS, comparison=SOURCES, labels=ALL),
        at_least=SOURCE_LEARNT,
    ),
    Gate(
        "the language model has learnt more than how frequent words are: its perplexity is lower by 100",
        mean_of("perplexity_of_frequencies", network=LANGUAGE, comparison=RUNGS)
        - mean_of("perplexity", network=LANGUAGE, comparison=RUNGS),
        at_least=WORDS_TOLD,
    ),
)
