"""Li 2017: attention that finds pivot words by itself."""

from __future__ import annotations

from mtl_bench.published import addresses
from mtl_bench.study import Study
from mtl_bench.views.attended_texts import AttendedTexts
from mtl_bench.views.grid import Grid
from mtl_bench.views.pivot_words import PivotWords

from .claims import CLAIMS, GATES
from .numbers import LI, published
from .plan import CONVOLUTION, LAST, MEMORY, RECURRENT, SHOWN, SOURCE_ONLY, VALIDATION, plan

STUDY = Study(
    title="Pivot words: does attention find them?",
    question=(
        "A network learns from reviews of one kind of goods whether they praise, and is to read reviews of another "
        "kind. An adversary makes it read alike in both. Does its attention find the words that praise everywhere, "
        "which others choose by labels and counts?"
    ),
    paper=(
        "Z. Li, Y. Zhang, Y. Wei, Y. Wu and Q. Yang, End-to-End Adversarial Memory Network for Cross-domain Sentiment "
        "Classification, IJCAI 2017"
    ),
    plan=plan,
    seeds={"smoke": 2, "laptop": 5, "paper": 5},
    chance=50,
    baseline={"method": SOURCE_ONLY},
    ceiling=None,
    published=published(),
    claims=CLAIMS,
    gates=GATES,
    views=(
        PivotWords("Words that weigh most", where={"network": MEMORY, "selection": LAST}),
        AttendedTexts(
            f"Reviews of {SHOWN[1]} goods, read by networks that learnt {SHOWN[0]}",
            where={"source": SHOWN[0], "target": SHOWN[1]},
        ),
        Grid("Memory networks", where={"network": MEMORY, "selection": VALIDATION}),
        Grid("Convolutional networks", where={"network": CONVOLUTION, "selection": VALIDATION}),
        Grid("Recurrent networks", where={"network": RECURRENT, "selection": VALIDATION}),
        Grid("Pivots among the 50 words that weigh most (%)", metric="precision"),
        Grid("Pivots among words that are as frequent (%)", metric="precision_of_as_frequent"),
    ),
    papers=addresses(LI),
    takes={
        "laptop": "about an hour on two cores, by the times of its pilot, 4 GB of memory and 2 GB of disk",
        "paper": "one to two weeks on two cores, reckoned from twenty of its steps, and 5 GB of disk for word2vec; "
        "never run",
    },
    deviations=(
        "The paper's tables could not be read, and no code of it is published. Attention, the factor of the reversed "
        "gradient, the loss and the regulariser are those of the network of its authors that extends it (P-net of "
        "hsqmlzno1/HATN), above the words of the whole review, since the paper has no sentences; numbers of P-net are "
        "context and decide nothing.",
        "The reviews are those that came with P-net, 6,000 with labels of each kind of goods. Many are there twice: "
        "between 155 and 292 of 6,000, of videos 1,781, and of dvd and video hundreds are the same. Here each counts "
        "once, and none of the source is one of the target; P-net's numbers count all. Laptop scale leaves video out.",
        "Of a target all reviews with labels are seen without them, and tested; P-net sees others, which have no "
        "labels, and tests the same. A tenth of the source's 5,600 selects, instead of 400 others.",
        "Laptop scale: GloVe's vectors of 100 numbers of the 30,000 most frequent words, instead of word2vec's of 300; "
        "the first 200 words of a review; Adam at a rate of 0.001 in 400 steps of 50 + 50 reviews, four times all. "
        "After twice as many the loss on held-out reviews of the source rose, on seed 0 from books. The vocabulary "
        "holds the words of both kinds of goods, for source only too: the column of uses says so.",
        "Pivots are the 50 words with the highest mutual information with the source's labels of those that ten "
        "reviews of each domain have. An attended word is one that weighs most in a review, as in the authors' code, "
        "which counts reviews that were read right; here all count.",
        "Words that are as frequent: for each attended word the ten others whose number of source reviews is nearest.",
        "Networks without attention, one with filters over words and one LSTM, are this project's own question: with "
        "DANN, the same recipe and three replicates, at laptop scale alone.",
        "Paper scale: word2vec, 500 words of a review, stochastic gradient descent with momentum for 100 epochs at "
        "P-net's rate, the mean of all twenty pairs; its early end is the choice of the checkpoint. It was not run.",
    ),
)
