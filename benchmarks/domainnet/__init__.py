"""DomainNet: six styles, thirty pairs, and how much alignment carries from one to another."""

from __future__ import annotations

from mtl_bench.plans.lines import years_of
from mtl_bench.plans.standard import NONE
from mtl_bench.published import addresses
from mtl_bench.study import Study
from mtl_bench.views.dots import Dots
from mtl_bench.views.grid import Grid
from mtl_bench.views.heat_map import HeatMap
from mtl_bench.views.timeline import Timeline

from .claims import CLAIMS
from .numbers import PENG, TLLIB, published
from .plan import EIGHT, OF_126, WHOLE, plan

STUDY = Study(
    title="DomainNet: six styles of the same things",
    question=(
        "Clip art, infographics, paintings, quick drawings, photographs and sketches show the same kinds of things. "
        "How much of what is learnt from the labels of one style serves another, and do DAN, DANN, JAN, CDAN and MDD, "
        "which also see the other style's unlabelled images, carry over more?"
    ),
    paper=(
        "X. Peng et al., Moment Matching for Multi-Source Domain Adaptation, ICCV 2019, whose images these are, and "
        "the methods that Transfer-Learning-Library's benchmark compares on them"
    ),
    plan=plan,
    seeds={"smoke": 2, "laptop": 4, "gpu": 3},
    takes={
        "laptop": "65 to 95 minutes on two cores, 3 GB of memory and 3 GB of disk for what is kept; never measured",
        "gpu": (
            "4 hours on a card of 12 GB with 8 cores (the features one of them), 24 GB of memory and 40 GB of disk "
            "for what is kept; never measured"
        ),
    },
    chance={"laptop": 100 / 40, "gpu": 100 / 345},
    baseline={"method": NONE},
    ceiling=None,
    published=tuple(published()),
    claims=CLAIMS,
    views=(
        HeatMap("Source only, from each style to each other", where={"method": NONE, "images": WHOLE}),
        Timeline("Methods over the years: the mean over all pairs", years_of(EIGHT), {"images": WHOLE}),
        Dots("From photographs to sketches", where={"images": WHOLE, "source": "real", "target": "sketch"}),
        Grid("Every pair, every method", rows="pair", columns="method", where={"images": WHOLE}),
        Grid("Every pair of four styles, 126 classes", rows="pair", columns="method", where={"images": OF_126}),
    ),
    papers=addresses(PENG, TLLIB),
    deviations=(
        "Nobody has chosen anything here by a result: the study was written where the images can't be had. Sizes and "
        "steps follow from the time that a run may take, the recipe is that of the study of Office-31.",
        "Features of an EfficientNet-Lite0 that learnt ImageNet and stands still, and above them a bottleneck of 256 "
        "units with ReLU and dropout and a classifier. The published numbers are of a ResNet-101 that learns end to "
        "end on 345 classes; they stand beside as context and decide nothing.",
        "Laptop scale has 40 classes that are common in four of the styles (Tan et al., 2020), the first 70 and 30 "
        "images of each in the cleaned lists, and 1,000 steps of 64 + 64 images. Gpu scale has all 586,575 images of "
        "the cleaned release and 3,000 steps, and 126 of the classes in four styles (Saito et al., 2019).",
        "Official splits: a network learns from the source's training list and sees the target's training list "
        "without labels; the target's test list is tested. A tenth of the source's training images, and at most "
        "2,000, is held out.",
        "DANN's adversary is its paper's for photographs, as large as CDAN's; CDAN maps its products of features and "
        "predictions at random to 1,024, since there are more than 4,096.",
        "Laptop scale has four seeds of what a primary claim is about and three of all else: means over pairs have no "
        "siblings to pool a spread with, and three seeds would leave two degrees of freedom.",
        "The methods at laptop scale are those that the claims name and MDD, the best of TLlib's table; MCD and ADDA "
        "join them at gpu scale.",
        "All numbers go by the last weights, which looks at no label. TLlib's go by the epoch that is best on the "
        "target's labels.",
        "Claims on gains are judged on the twelve pairs of TLlib's table. The published matrix of source only has all "
        "thirty pairs; no copy was found to check it against, so that it is marked as unverified.",
        "Painting has no t-shirt to train on and no syringe to test on; 40 and 126 classes have neither.",
        "A target ceiling is not shown.",
    ),
)
