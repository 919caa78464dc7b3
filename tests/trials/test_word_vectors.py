"""Published vectors as a start: each in the row of its word's token, and all else as it was."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from mtl_bench.core.trial import Work
from mtl_bench.datasets.glove import GloVe
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.inputs.rows import Array
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Backbone
from mtl_bench.models.text_cnn import TextCNN
from mtl_bench.models.text_lstm import LastState, TextLSTM
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.inits import FirstLayers
from mtl_bench.trials.train import Train
from mtl_bench.trials.weights import Weights
from mtl_bench.trials.word_vectors import WordVectors

DATA = SyntheticTexts(train=40)
WORDS = Words(DATA, (DATA,), most_words=30)
RECIPE = Recipe(steps=4, batch_size=8, learning_rate=0.05, checkpoints=1)


@pytest.fixture(autouse=True)
def vectors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every second word has one: its place in the vocabulary, a hundred times."""

    def vectors(self: GloVe, words: Sequence[str]) -> tuple[Array, Array]:
        known = np.arange(len(words)) % 2 == 0
        return np.repeat(np.where(known, np.arange(len(words)), 0)[:, None], 100, 1).astype(np.float32), known

    monkeypatch.setattr(GloVe, "vectors", vectors)


def embedding(init: WordVectors | None, backbone: Backbone, folder: Path) -> torch.Tensor:
    """As training starts from it."""
    trial = Train(data=WORDS, backbone=backbone, recipe=RECIPE, seed=3, init=init)
    learner = trial.start(Work(folder, "cpu"))
    return learner.net.get_parameter("stages.embedding.vectors.weight").detach()


@pytest.mark.parametrize("backbone", [TextCNN(words=40), TextLSTM(words=30)])
def test_words_get_their_vectors_and_others_keep_theirs(backbone: Backbone, tmp_path: Path) -> None:
    fresh, found = (embedding(init, backbone, tmp_path) for init in (None, WordVectors(WORDS, GloVe())))
    assert len(WORDS.words()) == 30
    for token, row in enumerate(found):
        place = token - 2
        if 0 <= place < 30 and place % 2 == 0:
            assert row.tolist() == [place] * 100
        else:
            assert torch.equal(row, fresh[token])


@pytest.mark.parametrize("freeze", [False, True])
def test_frozen_vectors_stand_still(freeze: bool, tmp_path: Path) -> None:
    init = WordVectors(WORDS, GloVe(), freeze)
    trial = Train(data=WORDS, backbone=TextLSTM(words=30), recipe=RECIPE, seed=3, init=init)
    before = embedding(init, trial.backbone, tmp_path)
    trial.run(Work(tmp_path, "cpu"))
    state = torch.load(tmp_path / "weights-4.pt", weights_only=True)
    assert torch.equal(state["net.stages.embedding.vectors.weight"], before) == freeze


@pytest.mark.parametrize("backbone", [TextCNN(words=29), TextLSTM(words=30, width=50)])
def test_vectors_that_do_not_fit_are_one_sentence(backbone: Backbone, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"^30 vectors of 100 numbers do not fit into Text.*; give it as many words"):
        embedding(WordVectors(WORDS, GloVe()), backbone, tmp_path)


def test_a_network_of_pixels_is_refused_in_a_sentence(tmp_path: Path) -> None:
    trial = Train(data=WORDS, backbone=DigitCNN(), recipe=RECIPE, seed=3, init=WordVectors(WORDS, GloVe()))
    with pytest.raises(
        ValueError, match=r"^conv1 of DigitCNN\(\) holds no vectors of words; choose a backbone such as"
    ):
        trial.start(Work(tmp_path, "cpu"))


def test_frozen_vectors_serve_texts_of_any_lengths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """More than are looked at in one go, of which the longest differ."""
    monkeypatch.setattr("mtl_bench.trials.train.CHUNK", 9)
    lengths = [int(WORDS.inputs("train")[i : i + 9].shape[1]) for i in range(0, 36, 9)]
    assert len(set(lengths)) > 1
    trial = Train(WORDS, TextLSTM(words=30), RECIPE, 3, init=WordVectors(WORDS, GloVe(), freeze=True))
    metrics = trial.run(Work(tmp_path, "cpu"))
    assert 0 <= metrics["training accuracy"] <= 100


def test_a_frozen_hidden_layer_is_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    copied = Train(data=WORDS, backbone=TextLSTM(words=30), recipe=RECIPE, seed=1)
    copied.run(Work(tmp_path, "cpu"))
    init = FirstLayers(Weights(copied), 2)
    seen: list[int] = []
    through = LastState.forward

    def forward(self: LastState, embedded: torch.Tensor) -> torch.Tensor:
        seen.append(len(embedded))
        return through(self, embedded)

    monkeypatch.setattr(LastState, "forward", forward)
    work = Work(tmp_path / "above", "cpu", artifact_of=lambda other, name: tmp_path / name)
    (tmp_path / "above").mkdir()
    replace(copied, seed=2, init=init).run(work)
    assert sum(seen) == 40 + 64 + 2 * 1 + 1, "training and test texts, one of each to see how large, and a blank one"


def test_a_run_on_texts_costs_what_it_has_rows() -> None:
    assert Train(data=WORDS, backbone=TextLSTM(words=30), recipe=RECIPE, seed=1).macs() == 4 * 8
