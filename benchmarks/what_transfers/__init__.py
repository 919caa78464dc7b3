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
        "Laptop scale pre-trains a residual network of nine convolutions without BatchNorm on 10,000 photographs "
        "of Tiny-ImageNet's 100 classes at 32 pixels, in 15 epochs whose rate drops after the ninth and the "
        "twelfth. Targets have 500 to 800 training images, drawn anew in each replicate: photographs and sketches "
        "of PACS, 20 kinds of Quick, Draw!, MNIST-M, and chest X-rays of children. The paper has ImageNet, "
        "DomainNet and CheXpert.",
        "Tiny-ImageNet's photographs overlap those of PACS in kind: photographs are the near target. The far ones are "
        "drawings, as in the paper, and X-rays. Photographs are of seven kinds and drawings of twenty, whose "
        "accuracies have other floors and ceilings. PACS has photographs of one person in training and test; X-rays "
        "are parted by image, and may share a patient.",
        "Networks that are compared differ in where they start alone: P-T learns at RI-T's rate. The paper's is a "
        "fifth of it; so is that of the row that says so, and that of the claim about distances at the paper's rates; "
        "the authors' configurations have both rates for both. Rate, the scale of branches and the number of steps are "
        "those with which networks of random starts learn their training images, on seeds that are not judged. The "
        "pixels of all networks lose ImageNet's mean, whatever they learn (gpu scale: that of what they learnt first, "
        "from which BatchNorm follows).",
        "Analyses of pairs are on photographs. A replicate is a pre-training with its own targets' images; twins "
        "differ in the order of images alone and share their classifier's first weights, too.",
        "Barriers are how far the training error rises above the chord between two networks; the paper plots the "
        "test accuracy. A test loss can fall between two overconfident networks, so that nothing is judged by it. The "
        "paper's basins of (ε, δ) are not estimated: a line says of two networks what the claims need.",
        "CKA is debiased; the paper does not say which estimate it has. The biased one stands beside.",
        "Common and uncommon mistakes are judged by error consistency, since raw counts depend on both accuracies. How "
        "difficult an image is, those of six networks of other replicates say that did not learn it: replicates draw "
        "from the same photographs, and a network learns two fifths of what another is tested on. For that reason the "
        "test images of two replicates overlap, too, and an interval "
        "over replicates says less of other photographs than of other cuts of these.",
        "Blocks stand in the authors' three orders, one for each of three replicates, which is what most figures have; "
        "claims that are judged have five. At every size of blocks the page shows whether a network has learnt its "
        "training images.",
        "Criticality is that of a stage, with its residual branches, and not of the classifier; it has the training "
        "error of 512 images, five places on the way, seven bisections and three draws of noise; the error allowed "
        "lies 5 % of the way to chance (ours; 2 and 10 % beside, on the straight way).",
        "Accuracies are means over classes. No augmentation is used. Pictures are of drawings, whose licence lets "
        "them be shown.",
        "EfficientNet-Lite0 stands still: a linear SVM learns its features of webcam's images, whose blocks of "
        "256 pixels a side are shuffled before the network's own crop.",
        "gpu scale has ResNet-18 at 64 pixels and all images; its BatchNorm is estimated anew from 1,024 images on "
        "lines and planes between networks, not where a layer is set back or blurred. There and at paper scale every "
        "replicate is tested on the published test images: their choice is in no interval.",
        "Paper scale follows the released configurations, on 50,000 images of a target, and has MNIST-M beside. "
        "CheXpert is one of its five findings, frontal images, tested on the radiologists' labels, where the authors "
        "predict all five at once; mixup, and the classifier's biases at a tenth of the rate, are left out. It was "
        "not run.",
    ),
)
