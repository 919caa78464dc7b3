"""AttentionOfTexts: some texts, word by word, with what each weighs for a trained memory network."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from mtl_bench.core.trial import Trial, Work
from mtl_bench.datasets.wrappers.words import Words
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import choose, lengths_of
from mtl_bench.inputs.texts import UNKNOWN
from mtl_bench.training.domain_data import tensor
from mtl_bench.trials.attended_words import read
from mtl_bench.trials.contracts import read_labels, read_rows, uses_inside
from mtl_bench.trials.weights import Weights

ATTENTION = "attention.json"
DIGITS = 4
UNNAMED = "…"  # a word that is not in the vocabulary


@dataclass(frozen=True)
class AttentionOfTexts(Trial):
    """The first test texts of at most `longest` words, `each` of every class: their words, weights and classes.

    Leaves `attention.json`: "texts", each {"class", "predicted", "words", "weights"}, whose weights are 1 in sum.
    """

    keep: ClassVar[tuple[str, ...]] = (ATTENTION,)

    of: Weights
    data: Words
    each: int = 2
    longest: int = 40

    def uses_of_target(self) -> tuple[str, ...]:
        return uses_inside(self.of, self.data)

    def run(self, work: Work) -> Mapping[str, float]:
        rows = read_rows(self.data, "test", work)
        labels = read_labels(self.data, "test", work, len(rows))
        lengths = lengths_of(rows)
        assert lengths is not None, "words come in texts of differing length"
        short = np.flatnonzero(lengths <= self.longest)
        found = [i for one in range(len(self.data.classes)) for i in short[labels[short] == one][: self.each]]
        if not found:
            raise ValueError(f"{self.data.name} has no test text of {self.longest} words; give a larger `longest`")
        tokens = tensor(choose(rows, np.array(found))[:])
        learner, names = self.of.learner(work).to(work.device), self.data.words()
        weights = read(learner, tokens).numpy()
        with torch.no_grad():
            predicted = learner.predict(tokens.to(work.device), self.data.name).argmax(1).tolist()
        content = [
            {
                "class": self.data.classes[labels[i]],
                "predicted": self.data.classes[answer],
                "words": [names[t - UNKNOWN - 1] if t > UNKNOWN else UNNAMED for t in text[text > 0]],
                "weights": [round(float(w), DIGITS) for w in of_text[text > 0]],
            }
            for i, answer, text, of_text in zip(found, predicted, tokens.numpy(), weights, strict=True)
        ]
        write_atomically(work.folder / ATTENTION, json.dumps({"texts": content}, ensure_ascii=False))
        return {"texts": len(content)}
