"""What a run's features say of its domains: how far apart they are, and a picture of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.a_distance import proxy_a_distance
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of

POINTS = 300  # of each domain in an embedding: more are a blot on a page


def _last_features(run: Adapt, work: Work) -> tuple[Array, Array]:
    """The last checkpoint's features (n, width) of source training and target training rows."""
    checkpoint = checkpoint_of(run, run.recipe.checkpoint_steps()[-1], work)
    return checkpoint["source train features"], checkpoint["target train features"]


@dataclass(frozen=True)
class DomainDistance(Trial):
    """The proxy A-distance between source and target in the features of the last checkpoint: 0 mixed, 2 apart."""

    adaptation: Adapt

    def uses_of_target(self) -> tuple[str, ...]:
        return self.adaptation.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        return {"a_distance": proxy_a_distance(*_last_features(self.adaptation, work))}


@dataclass(frozen=True)
class Embedding(Trial):
    """t-SNE of 300 source and 300 target images' features (van der Maaten and Hinton, JMLR 2008).

    Leaves `embedding.csv`: x, y, domain.
    """

    keep: ClassVar[tuple[str, ...]] = ("embedding.csv",)

    adaptation: Adapt

    def uses_of_target(self) -> tuple[str, ...]:
        return self.adaptation.uses_of_target()

    def run(self, work: Work) -> Mapping[str, float]:
        from sklearn.decomposition import PCA
        from sklearn.manifold import TSNE

        source, target = (features[:POINTS] for features in _last_features(self.adaptation, work))
        points = np.concatenate([source, target]).astype(np.float64)
        reduced = PCA(min(50, *points.shape), random_state=0).fit_transform(points)
        tsne = TSNE(perplexity=min(30, len(points) / 4), init="pca", random_state=0).fit(reduced)
        domains = ["source"] * len(source) + ["target"] * len(target)
        rows = [f"{x:.3f},{y:.3f},{d}\n" for (x, y), d in zip(tsne.embedding_, domains, strict=True)]
        write_atomically(work.folder / "embedding.csv", "".join(["x,y,domain\n", *rows]))
        return {"divergence": float(tsne.kl_divergence_)}
