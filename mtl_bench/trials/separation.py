"""How far domains are apart, in the features of a run or of a network that stands still, and a picture of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import torch

from mtl_bench.core.trial import Trial, Work
from mtl_bench.disk import write_atomically
from mtl_bench.inputs.rows import Array
from mtl_bench.measures.a_distance import proxy_a_distance
from mtl_bench.measures.cmd import central_moment_discrepancy
from mtl_bench.measures.coral import coral
from mtl_bench.measures.mmd import squared_mmd
from mtl_bench.trials.adapt import Adapt
from mtl_bench.trials.checkpoints import checkpoint_of
from mtl_bench.trials.contracts import FEATURES, DataSet, read_rows

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
class FeatureDistance(Trial):
    """Distances between the features of two data sets, whose labels are not read: means over random draws of rows.

    Each draw takes the same number of rows of both, in random order: CMD, CORAL and the A-distance depend on how many
    there are, so that distances of large and of small data sets could not be compared otherwise. Draws are the same
    whatever the order of the two is, and so are the distances but for rounding.

    Metrics: "mmd" (squared, unbiased, the kernels of DAN as released, which go by the features' own scale), "cmd" (five
    moments, of features within [0, `largest`]), "coral" and "a_distance" (the proxy A-distance). By default the
    interval is that of EfficientNet-Lite's features: means of ReLU6; without one there is no CMD. Raises ValueError for
    features outside of it, and for a data set with fewer rows.
    """

    one: DataSet
    other: DataSet
    split: str = "all"
    rows: int = 150
    draws: int = 10
    largest: float | None = 6.0

    def uses_of_target(self) -> tuple[str, ...]:
        return (FEATURES,)

    def run(self, work: Work) -> Mapping[str, float]:
        both = [self._features(data, work) for data in (self.one, self.other)]
        found = [self._distances(*(self._drawn(x, draw) for x in both)) for draw in range(self.draws)]
        return {name: float(np.mean([distances[name] for distances in found])) for name in found[0]}

    def _features(self, data: DataSet, work: Work) -> Array:
        features = np.asarray(read_rows(data, self.split, work)[:], np.float32)
        if len(features) < self.rows:
            raise ValueError(f"{data.name} has {len(features)} rows, not {self.rows}; ask for fewer")
        low, high = float(features.min()), float(features.max())
        if self.largest is not None and (low < 0 or high > self.largest):
            raise ValueError(
                f"{data.name} has features from {low:g} to {high:g}, and CMD is of features within "
                f"[0, {self.largest:g}]; give `largest`, None for no CMD, or features that are bounded"
            )
        return features

    def _drawn(self, features: Array, draw: int) -> Array:
        """(rows, width), in random order."""
        return features[np.random.default_rng([draw, len(features)]).permutation(len(features))[: self.rows]]

    def _distances(self, one: Array, other: Array) -> dict[str, float]:
        x, y = torch.from_numpy(one), torch.from_numpy(other)
        bounded = {} if self.largest is None else {"cmd": float(central_moment_discrepancy(x, y, width=self.largest))}
        return {
            "mmd": float(squared_mmd(x, y)),
            **bounded,
            "coral": float(coral(x, y)),
            "a_distance": proxy_a_distance(one, other),
        }


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
