"""AttendedWords: the words by which a trained memory network reads texts, and whether they are pivots."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import torch

from mtl_bench.core.trial import Trial, Work
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array, Rows
from mtl_bench.inputs.texts import UNKNOWN
from mtl_bench.measures.pivots import mutual_information, precision_of_as_frequent
from mtl_bench.models.memory_network import WordAttention
from mtl_bench.training.domain_data import tensor
from mtl_bench.training.learner import Learner
from mtl_bench.trials.contracts import FEATURES, in_order, read_labels, read_rows, uses_inside
from mtl_bench.trials.weights import Weights

ATTENDED = "attended.json"
BATCH = 100  # texts at a time


@dataclass(frozen=True)
class AttendedWords(Trial):
    """How often each word is the one that weighs most in a training text of the source, beside pivots chosen by labels.

    Candidates occur in `least` training texts of each domain, or more; pivots are the `most` candidates with the
    highest mutual information with the source's labels (Blitzer, Dredze and Pereira, ACL 2007), attended words the
    `most` candidates that weigh most in the most texts, as in the code of Li et al. (AAAI 2018). Of few candidates half
    are meant. Metrics, in percent: "precision", of attended words that are pivots; "precision of as frequent", of words
    that occur in about as many texts as they; "shared", of all weight in source texts, that on candidates; "on pivots"
    of the target's training texts, whose labels are not read. Leaves `attended.json`: "classes", the attended words
    ("shared"), and as many that the target hardly has ("own"), each [word, its texts of the first class, of the next].
    """

    keep: ClassVar[tuple[str, ...]] = (ATTENDED,)

    of: Weights
    source: Words
    target: Words
    most: int = 50
    least: int = 10

    def __post_init__(self) -> None:
        if self.source.vocabulary != self.target.vocabulary or self.source.most_words != self.target.most_words:
            raise ValueError(f"{self.source.name} and {self.target.name} have two vocabularies; give both the same")

    def uses_of_target(self) -> tuple[str, ...]:
        return in_order({FEATURES, *uses_inside(self.of, self.target)})

    def run(self, work: Work) -> Mapping[str, float]:
        learner = self.of.learner(work).to(work.device)
        words = self.source.words()
        rows = {data.name: read_rows(data, "train", work) for data in (self.source, self.target)}
        occurs = {name: occurrences(texts, len(words)) for name, texts in rows.items()}
        labels = read_labels(self.source, "train", work, len(rows[self.source.name]))
        enough = [one.sum(0) >= min(self.least, len(one) // 4) for one in occurs.values()]
        candidates = np.flatnonzero(np.logical_and(*enough))
        count = min(self.most, len(candidates) // 2)
        if not count:
            raise ValueError(
                f"{self.source.name} and {self.target.name} share too few words: give a smaller `least` than "
                f"{self.least}, or more texts"
            )
        in_source = occurs[self.source.name]
        worth = mutual_information(in_source[:, candidates], labels)
        pivots = candidates[np.argsort(-worth, kind="stable")][:count]
        heaviest, weight = attention(learner, rows[self.source.name], len(words))
        often = np.zeros((len(self.source.classes), len(words)), np.int64)
        known = heaviest >= 0
        np.add.at(often, (labels[known], heaviest[known]), 1)
        ranked = np.lexsort((np.arange(len(words)), -weight, -often.sum(0)))
        attended = ranked[np.isin(ranked, candidates)][:count]
        own = [i for i in ranked[~np.isin(ranked, candidates)][:count] if often[:, i].any()]
        classes = list(self.source.classes)
        content = {"classes": classes, "shared": _told(attended, words, often), "own": _told(own, words, often)}
        write_atomically(work.folder / ATTENDED, json.dumps(content, ensure_ascii=False))
        _, on_target = attention(learner, rows[self.target.name], len(words))
        as_frequent = precision_of_as_frequent(attended, pivots, candidates, in_source.sum(0))
        return {
            "precision": 100 * float(np.isin(attended, pivots).mean()),
            "precision of as frequent": 100 * as_frequent,
            "shared": 100 * float(weight[candidates].sum() / weight.sum()),
            "on pivots": 100 * float(on_target[pivots].sum() / on_target.sum()),
        }


def occurrences(texts: Rows, words: int) -> Array:
    """bool (n, words): which words of a vocabulary each text has."""
    found = np.zeros((len(texts), words), bool)
    for i in range(len(texts)):
        tokens = np.unique(texts[i : i + 1])
        found[i, tokens[tokens > UNKNOWN] - UNKNOWN - 1] = True
    return found


def attention(learner: Learner, texts: Rows, words: int) -> tuple[Array, Array]:
    """The word that weighs most in each text, int64 (n,), -1 for an unknown one; each word's total weight (words,)."""
    heaviest, total = [], np.zeros(words + UNKNOWN + 1)
    for first in range(0, len(texts), BATCH):
        tokens = tensor(texts[first : first + BATCH])
        weights = read(learner, tokens).numpy()
        heaviest.append(np.take_along_axis(tokens.numpy(), weights.argmax(1)[:, None], 1)[:, 0])
        np.add.at(total, tokens.numpy(), weights)
    numbers = np.concatenate(heaviest) - UNKNOWN - 1
    return np.maximum(numbers, -1), total[UNKNOWN + 1 :]


def read(learner: Learner, tokens: torch.Tensor) -> torch.Tensor:
    """Attention's weights (n, length) of these texts. Raises ValueError for a network that has none."""
    embedding, *_, last = learner.net.stages.values()
    if not isinstance(last, WordAttention):
        raise ValueError(f"{learner.net.backbone} weighs no words; choose MemoryNetwork")
    with torch.no_grad():
        found: torch.Tensor = last.read(embedding(tokens.to(learner.net.mean.device)))[1].cpu()
    return found


def _told(numbers: Any, words: tuple[str, ...], often: Array) -> list[list[Any]]:
    return [[words[i], *map(int, often[:, i])] for i in numbers]
