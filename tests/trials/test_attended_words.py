"""Which words a memory network reads by: counted by plain loops, and what each weighs in a text."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from sklearn.metrics import mutual_info_score

from mtl_bench.core.trial import Work, key, uses_of_target
from mtl_bench.datasets.synthetic import SyntheticTexts
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.inputs.texts import texts_of, words_of
from mtl_bench.methods.deep.amn import AMN
from mtl_bench.methods.deep.source_only import SourceOnly
from mtl_bench.models.memory_network import MemoryNetwork, WordAttention
from mtl_bench.models.text_cnn import TextCNN
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.attended_words import ATTENDED, AttendedWords
from mtl_bench.trials.attention_of_texts import ATTENTION, AttentionOfTexts
from mtl_bench.trials.weights import Weights

SOURCE, TARGET = SyntheticTexts(), SyntheticTexts(shift=0.5)
FROM, TO = (Words(data, (SOURCE, TARGET), most_words=50) for data in (SOURCE, TARGET))
RECIPE = Recipe(60, batch_size=16, optimizer="adam", learning_rate=0.02, checkpoints=1)
RUN = Adapt(AMN(), (FROM,), TO, MemoryNetwork(words=50, width=8, hidden=8), RECIPE, 1)
WORDS = AttendedWords(Weights(RUN), FROM, TO, most=8)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs")
    (folder / key(RUN)).mkdir()
    RUN.run(Work(folder / key(RUN), "cpu"))
    return folder


def work_of(root: Path, folder: Path) -> Work:
    return Work(folder, "cpu", artifact_of=lambda other, name: root / key(other) / name)


def measured(trial: AttendedWords | AttentionOfTexts, root: Path, folder: Path) -> Mapping[str, float]:
    return trial.run(work_of(root, folder))


def weights_of(text: list[str], root: Path) -> list[float]:
    """Each word's, by the network on this text alone."""
    net = Weights(RUN).learner(work_of(root, root)).net
    numbers = {word: i + 2 for i, word in enumerate(FROM.words())}
    attention = net.stages["hidden"]
    assert isinstance(attention, WordAttention)
    with torch.no_grad():
        tokens = torch.tensor([[numbers.get(word, 1) for word in text]])
        return [*map(float, attention.read(net.stages["embedding"](tokens))[1][0])]


def test_words_are_counted_as_a_loop_over_the_texts_does(root: Path, tmp_path: Path) -> None:
    found = measured(WORDS, root, tmp_path)
    texts, others = ([words_of(t) for t in texts_of(d.name, d.inputs("train"))] for d in (SOURCE, TARGET))
    labels, known = SOURCE.labels("train"), set(FROM.words())
    often, total, per_class = Counter[str](), defaultdict[str, float](float), Counter[tuple[str, int]]()
    for text, label in zip(texts, labels, strict=True):
        weights = weights_of(text, root)
        top = text[int(np.argmax(weights))]
        often[top] += 1
        per_class[top, int(label)] += 1
        for word, weight in zip(text, weights, strict=True):
            total[word] += weight
    here, there = (Counter(word for text in part for word in set(text) & known) for part in (texts, others))
    candidates = [w for w in FROM.words() if here[w] >= 10 and there[w] >= 10]
    attended = sorted(candidates, key=lambda w: (-often[w], -total[w]))[:8]
    information = {w: mutual_info_score([w in text for text in texts], labels) for w in candidates}
    pivots = sorted(candidates, key=lambda w: -information[w])[:8]
    content = json.loads((tmp_path / ATTENDED).read_text(encoding="utf-8"))
    assert content["classes"] == ["negative", "positive"]
    assert content["shared"] == [[w, per_class[w, 0], per_class[w, 1]] for w in attended]
    assert not {word for word, *_ in content["own"]} & set(candidates)
    assert found["precision"] == pytest.approx(100 * len(set(attended) & set(pivots)) / 8)
    assert found["shared"] == pytest.approx(
        100 * sum(total[w] for w in candidates) / sum(total[w] for w in known), abs=1e-3
    )


def test_a_network_that_learnt_reads_by_words_of_the_classes(root: Path, tmp_path: Path) -> None:
    """A third of all words are of a class; words that are as frequent are hit no better than by chance."""
    found = measured(WORDS, root, tmp_path)
    assert found["precision"] > found["precision of as frequent"] + 20
    shared = json.loads((tmp_path / ATTENDED).read_text(encoding="utf-8"))["shared"]
    assert sum(word.startswith(("negative", "positive")) for word, *_ in shared[:5]) >= 4


def test_texts_have_every_word_and_weights_of_one_in_sum(root: Path, tmp_path: Path) -> None:
    found = measured(AttentionOfTexts(Weights(RUN), TO, each=3, longest=8), root, tmp_path)
    texts = json.loads((tmp_path / ATTENTION).read_text(encoding="utf-8"))["texts"]
    every = [words_of(t) for t in texts_of(TARGET.name, TARGET.inputs("test"))]
    short = [text for text in every if len(text) <= 8]
    assert found == {"texts": 6.0} and [t["class"] for t in texts] == ["negative"] * 3 + ["positive"] * 3
    for text in texts:
        assert any(
            all(a in (b, "…") for a, b in zip(text["words"], one, strict=True))
            for one in short
            if len(one) == len(text["words"])
        )
        assert sum(text["weights"]) == pytest.approx(1, abs=1e-3)
        assert text["weights"] == pytest.approx(weights_of(text["words"], root), abs=1e-4)
        assert text["predicted"] in TARGET.classes


def test_what_is_seen_of_the_target_is_said() -> None:
    """A vocabulary that has its words is a use of its texts, for source only too."""
    assert uses_of_target(WORDS) == ("features",)
    assert replace(RUN, method=SourceOnly()).uses_of_target() == ("features",)
    alone = tuple(Words(data, (SOURCE,)) for data in (SOURCE, TARGET))
    assert replace(RUN, method=SourceOnly(), sources=alone[:1], target=alone[1]).uses_of_target() == ()


def test_what_cannot_be_counted_is_one_sentence(root: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"have two vocabularies; give both the same$"):
        AttendedWords(Weights(RUN), FROM, Words(TARGET, (TARGET,)))
    cnn = replace(RUN, backbone=TextCNN(words=50, width=8, filters=4), recipe=replace(RECIPE, steps=1))
    (root / key(cnn)).mkdir()
    cnn.run(Work(root / key(cnn), "cpu"))
    with pytest.raises(ValueError, match=r"weighs no words; choose MemoryNetwork$"):
        measured(AttentionOfTexts(Weights(cnn), TO), root, tmp_path)
    with pytest.raises(ValueError, match=r"has no test text of 1 words; give a larger `longest`$"):
        measured(AttentionOfTexts(Weights(RUN), TO, longest=1), root, tmp_path)
