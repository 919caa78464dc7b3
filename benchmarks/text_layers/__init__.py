"""Mou 2016: which layers of a network of texts transfer, and to which targets?"""

from __future__ import annotations

from mtl_bench.published import addresses
from mtl_bench.study import Study

from .claims import CLAIMS, GATES
from .networks import NOTHING
from .numbers import MOU, published
from .plan import plan
from .views import VIEWS

STUDY = Study(
    title="Text layers: which layers of a network of texts transfer?",
    question=(
        "A network learns film reviews, or which sentence follows from which. Its embedding, hidden and output layer "
        "are given to another with few labels: what do they bring where the target means the same, and where it "
        "means something else? And how much comes from texts without any label?"
    ),
    paper="L. Mou et al., How Transferable are Neural Networks in NLP Applications?, EMNLP 2016",
    plan=plan,
    seeds={"smoke": 2, "laptop": 10, "paper": 5},
    redraws_test=True,
    baseline={"network": NOTHING, "layer": 0},
    ceiling=None,
    published=tuple(published()),
    claims=CLAIMS,
    gates=GATES,
    views=VIEWS,
    papers=addresses(MOU),
    deviations=("TODO",),
)
