"""LanguageModel: its loss is that of a plain softmax over words, it learns what follows, and no label is read."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from torch.nn import functional as F

from mtl_bench.core.trial import Work, dependencies
from mtl_bench.datasets.synthetic import SyntheticTexts, SyntheticVectors
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.inputs.rows import Array, Tokens
from mtl_bench.inputs.texts import Texts, written
from mtl_bench.models.text_lstm import TextLSTM
from mtl_bench.training import loop
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.inits import FirstLayers
from mtl_bench.trials.language_model import LanguageModel, NextWord, perplexity, perplexity_of_frequencies
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from mtl_bench.trials.word_vectors import WordVectors

DATA = SyntheticTexts(train=60, test=30)
WORDS = Words(DATA, (DATA,), most_words=30)
NET = TextLSTM(words=30, units=20)
RECIPE = Recipe(steps=6, batch_size=8, optimizer="adam", learning_rate=0.02, schedule="constant", checkpoints=3)
TRIAL = LanguageModel(WORDS, NET, RECIPE, seed=3, cutoffs=(6, 15))
VECTORS = SyntheticVectors()


@dataclass(frozen=True)
class Unlabelled:
    """Texts whose labels nobody may ask for."""

    name: str = DATA.name
    classes: tuple[str, ...] = DATA.classes

    def inputs(self, split: str) -> Texts:
        return DATA.inputs(split)

    def labels(self, split: str) -> Array:
        pytest.fail("a label was read")


def ran(trial: LanguageModel, folder: Path, **work: Any) -> tuple[dict[str, float], dict[str, Tensor]]:
    folder.mkdir(parents=True, exist_ok=True)
    metrics = dict(trial.run(Work(folder, "cpu", **work)))
    return metrics, torch.load(folder / f"weights-{trial.recipe.steps}.pt", weights_only=True)


def told(learner: NextWord, text: list[int]) -> list[float]:
    """The log-probability of each word after the first, word by word, from all words' probabilities."""
    return [
        float(learner.predict(torch.tensor([text[:place]]), DATA.name)[0, text[place]]) for place in range(1, len(text))
    ]


def test_each_word_is_told_from_those_before_it_alone() -> None:
    learner = TRIAL.build().eval()
    texts = [[3, 9, 2, 31, 4], [5, 6], [7, 8, 30]]
    filled = torch.tensor([text + [0] * (5 - len(text)) for text in texts])
    with torch.no_grad():
        expected = [one for text in texts for one in told(learner, text)]
        assert learner.log_probabilities(filled).tolist() == pytest.approx(expected, abs=1e-5)
        everything = learner.predict(torch.tensor([[3, 9]]), DATA.name)
    assert everything.shape == (1, 32) and float(everything.exp().sum()) == pytest.approx(1, abs=1e-5)
    rows = Tokens.of(texts)
    assert perplexity(learner, rows, "cpu") == pytest.approx(math.exp(-np.mean(expected)), rel=1e-5)


def test_with_one_cluster_it_is_cross_entropy() -> None:
    learner = replace(TRIAL, cutoffs=(31,)).build()
    tokens = torch.tensor([[3, 9, 2, 31, 4]])
    states = learner.net.stages["hidden"].states(learner.net.stages["embedding"](tokens))  # type: ignore[operator]
    classifier: Any = learner.classifier
    scores = classifier.head(states[0, :-1])
    # Its only cluster beside the frequent words has one word, which needs no score of its own.
    expected = F.cross_entropy(scores, tokens[0, 1:], reduction="none")
    torch.testing.assert_close(-learner.log_probabilities(tokens), expected)


def test_it_learns_what_follows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Words in turn, each after the one before it: a few of them are as frequent, and all can be told."""
    random = np.random.default_rng(0)
    lines = [" ".join(f"word{(start + i) % 7}" for i in range(8)) for start in random.integers(7, size=60)]

    monkeypatch.setattr(
        Unlabelled, "inputs", lambda self, split: Texts.read(np.concatenate([written([line]) for line in lines]))
    )
    data = Unlabelled("in turn")
    words = Words(data, (data,), most_words=10)
    trial = replace(TRIAL, data=words, backbone=TextLSTM(words=10, units=8), recipe=replace(RECIPE, steps=80))
    metrics, _ = ran(replace(trial, cutoffs=(5,)), tmp_path)
    assert metrics["perplexity of frequencies"] == pytest.approx(7, abs=0.3)
    assert metrics["perplexity"] < 1.3


def test_what_frequencies_tell_counts_each_word_once_more() -> None:
    train, test = Tokens.of([[5, 2, 2], [5, 3]]), Tokens.of([[4, 2, 4]])
    counts = {2: 3, 3: 2, 4: 1}
    total = sum(counts.values()) + 1  # the unknown word; the filling is none, and 5 only begins texts: one more
    expected = math.exp(-np.mean([math.log(counts[word] / (total + 1)) for word in (2, 4)]))
    assert perplexity_of_frequencies(train, test, 6) == pytest.approx(expected)


def test_no_label_is_read_and_stopped_it_leaves_the_same_bits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    trial = replace(TRIAL, data=replace(WORDS, of=Unlabelled()))
    whole = ran(trial, tmp_path / "whole")
    monkeypatch.setattr(loop, "SAVE_EVERY", 0.0)
    done: list[str] = []

    def stop(fraction: float, text: str) -> None:
        done.append(text)
        if len(done) == 3:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        ran(trial, tmp_path / "stopped", progress=stop)
    again = ran(trial, tmp_path / "stopped")
    assert again[0] == whole[0]
    assert all(torch.equal(value, again[1][name]) for name, value in whole[1].items())


def test_others_start_from_its_embedding_and_its_lstm(tmp_path: Path) -> None:
    _, state = ran(TRIAL, tmp_path / "model")
    work = Work(tmp_path, "cpu", artifact_of=lambda other, name: tmp_path / "model" / name)
    run = Train(WORDS, NET, RECIPE, seed=8, init=FirstLayers(Weights(TRIAL), 2, freeze=False))
    started = run.start(work).state_dict()
    copied = [name for name in started if name.startswith("net.stages.")]
    assert copied and all(torch.equal(started[name], state[name]) for name in copied)
    assert dependencies(run) == [TRIAL]


def test_it_may_start_from_published_vectors(tmp_path: Path) -> None:
    init = WordVectors(WORDS, VECTORS)
    started = replace(TRIAL, init=init).start(Work(tmp_path, "cpu"))
    vectors, known = VECTORS.vectors(WORDS.words())
    weight = started.net.get_parameter("stages.embedding.vectors.weight").detach().numpy()
    assert np.array_equal(weight[2:][known], vectors[known])


def test_texts_of_one_word_are_one_sentence() -> None:
    with pytest.raises(ValueError, match=r"^no text of a batch has a second word to be told; give longer texts$"):
        TRIAL.build().log_probabilities(torch.tensor([[3], [4]]))
