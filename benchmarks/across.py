"""All data sets in one figure: methods over the years, and which rule chooses a checkpoint with the least regret."""

from __future__ import annotations

from collections.abc import Iterator

from mtl_bench.plans.adaptation import FULL, LAST, Pair, Protocol, varied
from mtl_bench.plans.comparison import DEEP as OF_COMPARISON
from mtl_bench.plans.lines import Deep, years_of
from mtl_bench.plans.standard import (
    CDAN_2018,
    DAN_2015,
    DANN_1024,
    DANN_2015,
    JAN_2017,
    MCD_2018,
    MDD_2019,
    NONE,
    SHALLOW,
    SOURCE_ONLY,
)
from mtl_bench.study import Cell, Scale, Study
from mtl_bench.views.gains import Gains
from mtl_bench.views.method_choices import MethodChoices
from mtl_bench.views.ranking import Ranking
from mtl_bench.views.timeline import Timeline

from .domain_distance.tables import OFFICE31, PACS, QUICKDRAW, OfDataSet, tables
from .office31.plan import BOTH_WAYS
from .pacs.plan import HELD_OUT, HELD_OUT_DEEP, JUDGED, SHOWN, THREE
from .pacs.plan import tables as pacs
from .quickdraw.plan import DEEP as OF_QUICKDRAW
from .quickdraw.plan import PAIRS as FAR

LINES: dict[str, tuple[Deep, ...]] = {
    OFFICE31: (*JUDGED, *SHOWN),
    PACS: (*JUDGED, *SHOWN),
    QUICKDRAW: OF_QUICKDRAW,
}
CHOSEN: dict[str, tuple[tuple[Deep, ...], tuple[Pair, ...], Protocol]] = {  # what all rules choose of
    OFFICE31: ((DAN_2015, SOURCE_ONLY, DANN_2015, CDAN_2018), BOTH_WAYS, Protocol()),
    PACS: (HELD_OUT_DEEP, THREE, HELD_OUT),
    QUICKDRAW: ((DAN_2015, SOURCE_ONLY, DANN_1024, CDAN_2018), FAR, Protocol()),
}


def plan(scale: Scale) -> Iterator[Cell]:
    for one in tables(scale):
        if one.name not in LINES:
            continue
        shown: int | None = scale.pick(smoke=2, laptop=None)
        yield from one.table.deep(LINES[one.name][:shown], one.pairs, scale.seeds)
        if one.name != QUICKDRAW:  # whose images are too many for matrices of all
            yield from one.table.shallow(SHALLOW[:shown], one.pairs)
        compared = [line for line in LINES[one.name][:shown] if line in OF_COMPARISON.values()]
        yield from one.table.scored(compared, one.pairs, scale.seeds)
        yield from chosen(one, scale)


def chosen(one: OfDataSet, scale: Scale) -> Iterator[Cell]:
    """The checkpoints that the rules choose; of targets that are cut, of which nothing else is shown, the last too."""
    lines, pairs, protocol = CHOSEN[one.name]
    lines, pairs = scale.pick(smoke=((SOURCE_ONLY,), pairs[:1]), laptop=(lines, pairs))
    table = one.table
    if protocol == HELD_OUT:
        table = varied(pacs(scale)[1], "data", one.name)
        yield from table.deep(lines, pairs, scale.seeds, protocol)
    yield from table.selected(lines, pairs, scale.seeds, protocol)


STUDY = Study(
    title="Methods over the years, on near and far domains",
    question=(
        "The same features for every method, and one recipe and rule for every network, on office things, on pictures "
        "of four styles and on drawings: do later methods do better everywhere? And which rule that sees no label of "
        "the target chooses a checkpoint with the least regret, over all data sets?"
    ),
    paper=(
        "No paper's table: the runs of the studies of Office-31, PACS and Quick, Draw! beside each other, whose pages "
        "have the papers and the claims"
    ),
    plan=plan,
    seeds={"smoke": 1, "laptop": 3},
    baseline={"method": NONE},
    ceiling=None,
    views=(
        Timeline(
            "Methods over the years, a panel per data set: the mean over its pairs of domains",
            years=years_of((*SHALLOW, *LINES[OFFICE31])),
            where={"protocol": FULL},
            marks="classifier",
            panels="data",
        ),
        Gains(
            "What methods gain where source only is weak or strong",
            methods=tuple(
                line.name for line in (DAN_2015, JAN_2017, DANN_2015, DANN_1024, CDAN_2018, MCD_2018, MDD_2019)
            ),
            where={"protocol": FULL, "selection": LAST},
        ),
        Ranking("Rules by their regret against the oracle, over all data sets, in points", columns="data"),
        Ranking("The same, by method", columns="method"),
        MethodChoices("Which method to take, by rules that see no label of the target: points lost against the best"),
    ),
    deviations=(
        "No network is trained for this page alone: its runs are those of the data sets' own studies, under the same "
        "keys, of their first three seeds. What is read of them here alone are the scores by which rules choose among "
        "methods, and the rules on Quick, Draw!.",
        "All numbers of the figure go by the last weights. The rules choose among five checkpoints of a run; the "
        "oracle sees the target's labels, and what a rule loses against it is its regret, a mean over methods and "
        "pairs of domains: Office-31's amazon and webcam, PACS's three where a fifth of the target is tested and not "
        "seen, and Quick, Draw!'s two.",
        "Where a rule chooses among methods, these are the networks that `mtl-bench compare` learns (of Quick, Draw! "
        "without MCD), on all pairs; the scores are those of the last weights. In the second figure MCD's points lack "
        "Quick, Draw!'s, too.",
        "Shallow methods have normalisations and classifiers of their own, as in the data sets' studies.",
        "Quick, Draw! has no shallow methods here: their matrices of all 13,780 images would take days.",
    ),
)
