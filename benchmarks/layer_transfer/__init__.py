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
        "Laptop scale has another network and other images: six convolutions and a hidden layer, so that the number "
        "of a layer means its place among eight, and Caltech-101 at 32 pixels, cut at random into 51 and 50 "
        "classes, with at most 60 training images of a class (and never more than two thirds of it) and 30 of the "
        "others for the test.",
        "Animals and things are four classes each of CIFAR-10, with 300 training images of a class; the paper's are "
        "449 natural and 551 man-made classes of ImageNet.",
        "Accuracy is a mean over classes after the last step. The paper's, the mean of the ten highest validations "
        "along the run, which the test itself chooses, stands in a table of its own.",
        "Every network is compared with a base of its own half that no layer was copied from. The paper compares "
        "with the mean of all bases, while its fine-tuned networks stand on one half: by its own logs, AnB+ gains "
        "1.0 points over its own half's bases instead of 1.6, and BnB+ as much.",
        "Laptop scale fine-tunes n = 1, 3, 5 and 7 only. The claims about fine-tuning rest on half B, where the "
        "authors' AnB+ stand, as declared before the run; half A's were run after their verdicts were known. No "
        "augmentation is used; macs are computed in bfloat16, and a base in float32 stands beside. Learning "
        "rate, schedule and length were chosen on seeds 0 and 1.",
        "Untrained layers stand under one half's network, with biases of 0; in the paper under that of all 1,000 "
        "classes, with biases of 0 or 1. N(0, .01) is meant for pixels of 0 to 255, as there.",
        "What comes out otherwise at laptop scale, and why: the first layers change little from how they were "
        "drawn, as their filters show (A's and B's start alike), with 2,000 training images where the paper has "
        "645,000. So untrained layers cost nothing up to the fourth if they are scaled well; N(0, .01) fails, as in "
        "the paper, where the network cannot even learn its training images.",
        "First layers that were trained before help here, whoever taught them: BnB, AnB, BnB+ and AnB+ are all "
        "above base for n up to 3, although training the base twice as long changes nothing. Why is open. It hides "
        "the dip in the middle, and A's layers are worse than base from the sixth on instead of the fourth.",
        "Paper scale: the authors' own four halves, network and solver, by the files in their repository. Pixels "
        "lose their channel's mean instead of a mean image; a frozen layer drops nothing, so that A7B has no "
        "dropout between its sixth and seventh; every cell has four runs where the paper has one to eight. It was not "
        "run: a network took the authors 9.5 days on a K20 GPU.",
    ),
)
