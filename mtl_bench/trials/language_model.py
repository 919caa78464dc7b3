"""LanguageModel: learn to tell the next word of texts, whose labels nobody reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor, nn

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import CHUNK, Rows, chunks
from mtl_bench.models.network import FILLING, Network
from mtl_bench.models.text_lstm import LastState, TextLSTM
from mtl_bench.models.word_embedding import RESERVED
from mtl_bench.training.domain_data import DomainData, tensor
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.loop import fit, serialised
from mtl_bench.training.recipe import Recipe
from mtl_bench.training.seeding import seed_everything
from mtl_bench.trials.contracts import DataSet, Init, read_rows
from mtl_bench.trials.history import History, table
from mtl_bench.trials.inits import apply_init
from mtl_bench.trials.weights import file_of

CURVE, DIGITS = "curve.csv", 9
WATCHED = 1000  # texts of the test whose words are told


@dataclass(frozen=True)
class LanguageModel(Trial):
    """The network of `backbone` that learns, from each word and those before it, which comes next (Dai and Le, 2015).

    Its embedding and its LSTM are for others to start from, by `Weights`. Words are told by an adaptive softmax (Grave
    et al., ICML 2017): `cutoffs` are the numbers of the most frequent words at which clusters of rarer ones begin.

    Metrics on the first 1,000 test texts, of all words but each text's first: "perplexity" after the last step, and
    "perplexity of frequencies", that of each word's frequency in the training texts whatever comes before it. Leaves
    `curve.csv` and the weights after the last step. Raises ValueError for a text without a second word.
    """

    keep: ClassVar[tuple[str, ...]] = (CURVE,)

    data: DataSet
    backbone: TextLSTM
    recipe: Recipe
    seed: int
    init: Init | None = None
    cutoffs: tuple[int, ...] = (500, 2_500)

    def run(self, work: Work) -> Mapping[str, float]:
        train = read_rows(self.data, "train", work)
        test = read_rows(self.data, "test", work)[:WATCHED]
        learner = self.start(work)
        history, steps = History(work.folder), self.recipe.checkpoint_steps()

        def checkpoint(step: int, losses: dict[str, float]) -> None:
            files = {file_of(step): serialised(learner.state_dict())} if step == steps[-1] else {}
            reached = perplexity(learner, test, work.device)
            history.add({"step": step, "loss": losses["next word"], "perplexity": reached}, files)
            write_atomically(work.folder / CURVE, table([*history.before(step + 1)], DIGITS))

        fit(
            learner,
            self.recipe,
            {self.data.name: DomainData(train, None)},
            self.seed,
            work.device,
            work.folder / "resume_state.pt",
            checkpoint,
            work.progress,
            intact=lambda step: history.intact(steps, step),
        )
        rows = history.finish()
        write_atomically(work.folder / CURVE, table(rows, DIGITS))
        words = self.backbone.words + RESERVED
        return {
            "perplexity": rows[-1]["perplexity"],
            "perplexity of frequencies": perplexity_of_frequencies(train, test, words),
        }

    def build(self) -> NextWord:
        seed_everything(self.seed, "weights")
        return NextWord(Network(self.backbone, (self.data.name,)), self.backbone.words + RESERVED, self.cutoffs)

    def start(self, work: Work) -> NextWord:
        learner = self.build()
        apply_init(self.init, learner, work)
        return learner


class NextWord(Learner):
    """An embedding, an LSTM, and a classifier of the next word on each of its states."""

    def __init__(self, net: Network, words: int, cutoffs: tuple[int, ...]) -> None:
        super().__init__(net, 1)  # its classifier is the next line's
        self.classifier = nn.AdaptiveLogSoftmaxWithLoss(net.width, words, [*cutoffs])

    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        """The mean over all words but the first ones of their texts."""
        told = torch.cat([self.log_probabilities(batch.inputs) for batch in batches.values()])
        return {"next word": -told.mean()}

    def log_probabilities(self, tokens: Tensor) -> Tensor:
        """(words,): of each word of texts (n, length) after the first, given those before it."""
        embedding, hidden = (self.net.stages[layer] for layer in self.net.layers)
        assert isinstance(hidden, LastState)
        states, following = hidden.states(embedding(tokens))[:, :-1], tokens[:, 1:]
        inside = following != FILLING
        if not bool(inside.any()):
            raise ValueError("no text of a batch has a second word to be told; give longer texts")
        found: Tensor = self.classifier(states[inside], following[inside]).output
        return found

    def predict(self, inputs: Tensor, domain: str) -> Tensor:
        """Log-probabilities (n, words) of the word after a text."""
        classifier: Any = self.classifier
        found: Tensor = classifier.log_prob(self.features({domain: Batch(inputs, None)})[domain])
        return found


@torch.no_grad()
def perplexity(learner: NextWord, rows: Rows, device: str) -> float:
    """Of rows of tokens: the exponential of the mean loss of a word, in evaluation mode."""
    learner.eval()
    told = torch.cat([learner.log_probabilities(tensor(chunk).to(device)).cpu() for chunk in chunks(rows, CHUNK)])
    return math.exp(-float(told.double().mean()))


def perplexity_of_frequencies(train: Rows, test: Rows, words: int) -> float:
    """What each word's frequency in the training texts, with one more of each, makes of the test texts."""
    counts = np.ones(words)
    for chunk in chunks(train):
        counts += np.bincount(chunk[:, 1:].ravel(), minlength=words)
    following = np.concatenate([chunk[:, 1:].ravel() for chunk in chunks(test)])
    chances = counts / np.delete(counts, FILLING).sum()
    return math.exp(-float(np.log(chances[following[following != FILLING]]).mean()))
