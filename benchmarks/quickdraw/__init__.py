"""Quick, Draw!: from photographs to drawings of 53 kinds of things and back, the far domain."""

from __future__ import annotations

from mtl_bench.plans.adaptation import FULL, LAST
from mtl_bench.plans.lines import years_of
from mtl_bench.plans.standard import NONE, SOURCE_ONLY
from mtl_bench.published import addresses, paper
from mtl_bench.study import Study
from mtl_bench.views.dots import Dots
from mtl_bench.views.grid import Grid
from mtl_bench.views.timeline import Timeline

from .claims import CLAIMS, GATES
from .plan import CLASSES, DEEP, DRAWINGS, FEW, PHOTOGRAPHS, TO_DRAWINGS, TO_PHOTOGRAPHS, plan

PENG = paper("peng2019")
OF_DOMAINNET = {"rel": PHOTOGRAPHS, "qdr": DRAWINGS}
STUDY = Study(
    title="Quick, Draw!: the far domain",
    question=(
        "A network that learnt ImageNet describes photographs and 20-second drawings of the same 53 kinds of things. "
        "How much does a classifier lose between them, and what does adaptation give back where domains are this far "
        "apart?"
    ),
    paper=(
        "No paper's table: the question of X. Peng et al., Moment Matching for Multi-Source Domain Adaptation, ICCV "
        "2019, whose DomainNet has drawings of Quick, Draw! as its hardest domain, on Tiny-ImageNet's photographs"
    ),
    plan=plan,
    seeds={"smoke": 2, "laptop": 5},
    chance=100 / len(CLASSES),
    baseline={"method": NONE},
    ceiling=None,
    published=PENG.table(
        "single-source table",
        {"ResNet-101 source only": SOURCE_ONLY.labels},
        {"source": OF_DOMAINNET, "target": OF_DOMAINNET},
        labels={"protocol": FULL},
        context="345 classes of DomainNet there, a ResNet-101 learnt end to end",
    ),
    claims=CLAIMS,
    gates=GATES,
    views=(
        Timeline("Methods over the years: the mean of both directions", years=years_of(DEEP), where={"protocol": FULL}),
        *(
            Dots(
                f"{source.capitalize()} to {target}",
                where={"source": source, "target": target, "protocol": FULL, "selection": LAST},
            )
            for source, target in (TO_DRAWINGS, TO_PHOTOGRAPHS)
        ),
        Grid("Both directions, all of the source labelled", where={"protocol": FULL}),
        Grid("Both directions, 20 labels a class", where={"protocol": FEW}),
        Grid("What source only loses, in points", metric="loss"),
        Grid("Source only on held-out images of the source", metric="within"),
    ),
    papers=addresses(PENG),
    deviations=(
        "The photographs are Tiny-ImageNet's, 140 of each of 53 of its classes, of 64 × 64 pixels; the network learnt "
        "ImageNet, from which they are taken, so that it has seen them larger. The 53 classes were paired with those "
        "of Quick, Draw! by hand, and some pairs are narrow: a German shepherd for a dog.",
        "The drawings are 120 of each class, a sample of another origin than DomainNet's, drawn from the simplified "
        "strokes as black lines of 1/40 of the side on white.",
        "The features of an EfficientNet-Lite0 that stands still, and above them a bottleneck of 256 units, learnt in "
        "1,500 steps of 64 + 64 images with the recipe of Office-31's study. DANN's adversary is its paper's for "
        "photographs, as large as CDAN's; CDAN maps its 256 × 53 products at random to 1,024. DomainNet's table learns "
        "a ResNet-101 end to end; its numbers, written down from memory, are context and decide nothing.",
        "No weight, rate or length was chosen by target labels, and all numbers go by the last weights.",
        "All target images are seen without labels, and tested. Shallow methods have 20 labels a class, the same draw "
        "that source only and DAN have in that table, of which networks hold out a tenth for validation: TCA's matrix "
        "of all 13,780 images would take days. A point is the smallest effect that counts.",
        "A target ceiling is not shown: the target's images are all tested, so that one would be trained on its test.",
    ),
)
