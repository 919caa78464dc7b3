"""The tables of four data sets above one network, as their own studies have them: equal runs are computed once."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations

from mtl_bench.datasets.office_caltech10_images import OfficeCaltechImages
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import AdaptationTable, Pair, transductive_table, varied
from mtl_bench.study import Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.trunk import Trunk

from ..office31.plan import ORIGINAL
from ..office31.plan import PAIRS as OF_OFFICE31
from ..office31.plan import table as office31
from ..pacs.plan import PAIRS as OF_PACS
from ..pacs.plan import tables as pacs
from ..quickdraw.plan import PAIRS as OF_QUICKDRAW
from ..quickdraw.plan import table as quickdraw

OFFICE31, OFFICE_CALTECH, PACS, QUICKDRAW = "Office-31", "Office-Caltech10", "PACS", "Quick, Draw!"
OF_OFFICE_CALTECH: tuple[Pair, ...] = tuple(permutations(OfficeCaltechImages.domains, 2))


@dataclass(frozen=True)
class OfDataSet:
    """A data set's table, whose cells have its name as the label "data", and its pairs of domains."""

    name: str
    table: AdaptationTable
    pairs: tuple[Pair, ...]


def tables(scale: Scale) -> tuple[OfDataSet, ...]:
    """All of them; at smoke scale two pairs each."""
    few = scale.pick(smoke=2, laptop=None)
    made = (
        (OFFICE31, office31(scale, ORIGINAL), OF_OFFICE31),
        (OFFICE_CALTECH, office_caltech(scale), OF_OFFICE_CALTECH),
        (PACS, pacs(scale)[0], OF_PACS[::2] if few else OF_PACS),  # of photo: to art_painting and to sketch
        (QUICKDRAW, quickdraw(scale), OF_QUICKDRAW),
    )
    return tuple(OfDataSet(name, varied(table, "data", name), pairs[:few]) for name, table, pairs in made)


def office_caltech(scale: Scale) -> AdaptationTable:
    """Copies of an image are in no source twice."""
    names = OfficeCaltechImages.domains
    images = {n: _synthetic(names, n) if scale.name == "smoke" else OfficeCaltechImages(n, "jpeg88") for n in names}
    pool: str = scale.pick(smoke="train", laptop="all")
    return transductive_table(
        {name: Trunk(data, Pretrained(), (pool,)) for name, data in images.items()},
        images,
        pool,
        Recipe(
            steps=scale.pick(smoke=8, laptop=1500),
            batch_size=scale.pick(smoke=16, laptop=64),
            weight_decay=0.001,
            checkpoints=scale.pick(smoke=2, laptop=5),
        ),
        {"features": scale.pick(smoke="synthetic", laptop="EfficientNet-Lite0")},
    )


def _synthetic(names: tuple[str, ...], name: str) -> DataSet:
    return SyntheticImages(names.index(name) / len(names), train=60, stands_for=name)
