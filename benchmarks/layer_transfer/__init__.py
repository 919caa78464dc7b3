"""Yosinski 2014: how transferable is each layer of a network?"""

from __future__ import annotations

from mtl_bench.published import addresses
from mtl_bench.study import Study

from .claims import CLAIMS, GATES
from .numbers import YOSINSKI, published
from .plan import plan
from .views import NO_TRANSFER, VIEWS

STUDY = Study(
    title="Layer transfer: which layers of a network are general?",
    question=(
        "A network learns one half of the classes. Its first n layers are given to another that learns the other half: "
        "up to which layer are they as good as its own, and what is lost beyond, and why?"
    ),
    paper=(
        "J. Yosinski, J. Clune, Y. Bengio and H. Lipson, How transferable are features in deep neural networks?, "
        "NIPS 2014"
    ),
    plan=plan,
    seeds={"smoke": 2, "laptop": 12, "paper": 4},
    chance=100 / 50,
    redraws_test=True,
    baseline=NO_TRANSFER,
    ceiling=None,
    published=tuple(published()),
    claims=CLAIMS,
    gates=GATES,
    views=VIEWS,
    papers=addresses(YOSINSKI),
    deviations=(
        "Laptop scale has another network and fewer, smaller images: six convolutions and a hidden layer, so that the "
        "number of a layer means its place among eight, and Tiny-ImageNet at 32 pixels, 100 classes of ImageNet cut at "
        "random into halves of 50. Each cut draws 93 training and 47 test images of a class from all 140 that are "
        "published with labels.",
        "Training images that nearly repeat a test image (correlation above .995) are left out; these 100 classes have "
        "none above .97.",
        "At laptop scale B alone is learnt: halves are drawn at random, so that another cut says more than the other "
        "direction of the same cut. What primary claims rest on has twelve cuts, what is only shown has four.",
        "The paper sets the loss between natural and man-made halves beside the loss between random halves, whose "
        "targets are others. Here layers of the other kind and layers of both kinds are given to one and the same "
        "network, which learns 24 classes of one kind; all sources have 39 classes, and the mixture has both kinds in "
        "their shares of all classes. What was given is then the only difference. Paper scale has the paper's halves, "
        "too.",
        "Accuracy is a mean over classes after the last step. The paper's, the mean of the ten highest validations "
        "along the run, which the test itself chooses, stands in a table of its own.",
        "Every network is compared with two bases of its own half that no layer was copied from, one of them with "
        "its own fresh weights and order of images. The paper compares with the mean of all bases, while its "
        "fine-tuned networks stand on one half: by its own logs, AnB+ gains 1.0 points over its own half's bases "
        "instead of 1.6, and BnB+ as much.",
        "Laptop scale fine-tunes n = 5 only: four cuts cannot tell the paper's gain of 1 point from none. No "
        "augmentation is used. Of two learning rates the one with the lower training loss on seed 0 was taken; it "
        "rises over the first tenth of a run, and the length was set by the time that a run may take.",
        "Smallest effects are a point, since a base here reaches less than a third of what the paper's does.",
        "Untrained layers stand under one half's network, with biases of 0; in the paper under that of all 1,000 "
        "classes, with biases of 0 or 1. N(0, .01) is meant for pixels of 0 to 255, as there.",
        "Paper scale: the authors' own four halves, network and solver, by the files in their repository. Pixels "
        "lose their channel's mean instead of a mean image; a frozen layer drops nothing, so that A7B has no "
        "dropout between its sixth and seventh; every cell has four runs where the paper has one to eight. It was not "
        "run: a network took the authors 9.5 days on a K20 GPU.",
    ),
)
