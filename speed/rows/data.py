"""Made domains for the shallow methods, and made reviews."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

Array = np.ndarray[Any, Any]
CLASSES = 10


@dataclass(frozen=True)
class Domains:
    """Source features (n, d) and labels (n,), target features (n, d)."""

    source: Array
    labels: Array
    target: Array

    @property
    def pooled(self) -> Array:
        return np.concatenate([self.source, self.target])


def domains(points: int, width: int) -> Domains:
    """Classes around centres, a spectrum that falls, so that leading subspaces are well defined; the target is scaled
    feature by feature and moved. `points` is the number of both domains together.
    """
    from mtl_bench.training.seeding import generator

    random = generator(0, "speed", "domains", points, width)
    strengths = 3 * 0.97 ** np.arange(width) + 0.02
    axes = np.linalg.qr(random.standard_normal((width, width)))[0]
    centres = 0.5 * random.standard_normal((CLASSES, width)) * strengths
    labels, half = np.arange(points) % CLASSES, points // 2
    drawn = (centres[labels] + random.standard_normal((points, width)) * strengths) @ axes
    return Domains(drawn[:half], labels[:half], drawn[half:] * random.uniform(0.7, 1.3, width) + 0.1)


def reviews(points: int, words: int) -> Any:
    """A CSR matrix float32 (points, words) of counts: some 90 words a review by Zipf's law, of topics of their own."""
    from scipy.sparse import csr_matrix

    from mtl_bench.training.seeding import generator

    random = generator(0, "speed", "reviews", points, words)
    frequency = 1 / (10 + np.arange(words))
    topics = frequency * random.gamma(0.5, size=(20, words))
    drawn = [
        random.multinomial(120, (one + topic) / (one + topic).sum())
        for one, topic in zip(np.broadcast_to(frequency, (points, words)), topics[np.arange(points) % 20], strict=True)
    ]
    return csr_matrix(np.array(drawn, np.float32))
