"""Neyshabur 2020: what is being transferred in transfer learning?"""

from __future__ import annotations

from mtl_bench.published import addresses
from mtl_bench.study import Study

from .claims import CLAIMS, GATES
from .networks import RANDOM
from .numbers import NEYSHABUR, published
from .plan import plan
from .views import VIEWS

STUDY = Study(
    title="What is being transferred?",
    question=(
        "A network that was pre-trained learns a target sooner and better than one that starts from random weights. "
        "What did it bring: features, low-level statistics, or a place among the weights from which training goes well?"
    ),
    paper="B. Neyshabur, H. Sedghi and C. Zhang, What is being transferred in transfer learning?, NeurIPS 2020",
    plan=plan,
    seeds={"smoke": 2, "laptop": 5, "gpu": 5, "paper": 3},
    redraws_test=True,
    baseline={"network": RANDOM},
    ceiling=None,
    published=tuple(published()),
    claims=CLAIMS,
    gates=GATES,
    views=VIEWS,
    papers=addresses(NEYSHABUR),
    deviations=(
        "Laptop scale pre-trains a residual network of nine convolutions without BatchNorm on 10,000 photographs of "
        "Tiny-ImageNet's 100 classes at 32 pixels. Its targets have 1,000 images: photographs and sketches of PACS, "
        "Quick, Draw!, MNIST-M and 500 chest X-rays.",
        "Tiny-ImageNet's photographs overlap those of PACS in kind: photographs are the near target.",
    ),
)
