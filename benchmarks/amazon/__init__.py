"""Amazon reviews, 2007 to 2017: SCL, mSDA, DANN, MMD and CMD between four kinds of products."""

from __future__ import annotations

from mtl_bench.published import addresses
from mtl_bench.study import Study
from mtl_bench.views.gains import Gains
from mtl_bench.views.grid import Grid
from mtl_bench.views.ranking import Ranking
from mtl_bench.views.sweep import Sweep

from .claims import CLAIMS, GATES
from .networks import ADAGRAD, EARLY, SGD
from .numbers import BLITZER, GANIN, ZELLINGER, published
from .plan import BETTER, BY_MOMENTS, EQUALS, FULL, LOG_C, LOG_WEIGHT, NEW, plan
from .reviews import MSDA, WORDS

STUDY = Study(
    title="Amazon reviews: does a classifier of books know a good toaster?",
    question=(
        "A classifier learns from 2,000 reviews of books, DVDs, electronics or kitchen ware whether the buyer was "
        "pleased. What of it holds for reviews of another kind, of which 2,000 are seen without their stars, and which "
        "ways of looking at these help?"
    ),
    paper=(
        "Y. Ganin et al., Domain-Adversarial Training of Neural Networks, JMLR 17(59), 2016; W. Zellinger et al., "
        "Central Moment Discrepancy (CMD) for Domain-Invariant Representation Learning, ICLR 2017; and the methods "
        "beside them: J. Blitzer et al., Biographies, Bollywood, Boom-boxes and Blenders, ACL 2007; M. Chen et al., "
        "Marginalized Denoising Autoencoders for Domain Adaptation, ICML 2012"
    ),
    plan=plan,
    seeds={"smoke": 2, "paper": 14},
    takes={"paper": "about four hours on two cores, 2 GB of memory for each, 20 GB of disk"},
    published=tuple(published()),
    claims=CLAIMS,
    gates=GATES,
    views=(
        Grid(
            "The table of DANN's paper: networks by SGD",
            where={"recipe": SGD, "protocol": FULL, "selection": EARLY},
        ),
        Grid("The same: an SVM, and what adapts for one", where={"recipe": "", "protocol": FULL}),
        Grid("The probability that a method is better, by the paper's test", "method", "over", BETTER),
        Grid(
            "The table of CMD's paper: networks by Adagrad",
            where={"recipe": ADAGRAD, "protocol": FULL, "selection": EARLY},
        ),
        Gains(
            "What is gained by Adagrad's networks, by target",
            ("DANN", "MMD", "CMD"),
            marks="target",
            where={"recipe": ADAGRAD, "protocol": FULL, "selection": EARLY},
        ),
        Sweep("How many moments CMD needs", x="moments", where={"protocol": BY_MOMENTS}),
        Grid(
            "The proxy A-distance of the features and of hidden layers", metric="a_distance", where={"protocol": FULL}
        ),
        Grid("The weight that reverse validation chose, as its logarithm", metric=LOG_WEIGHT),
        Grid("How many weights had the best score, of which the smallest is taken", metric=EQUALS),
        Grid("The C that reverse validation chose for the SVM, as its logarithm", "features", metric=LOG_C),
        Grid("Tested on reviews that are not in training too", where={"protocol": NEW}),
        Ranking(
            "Which checkpoint: what rules lose against the oracle, in points",
            where={"protocol": FULL, "features": WORDS},
        ),
    ),
    papers=addresses(GANIN, ZELLINGER, BLITZER),
    deviations=(
        "DANN's authors train on one review at a time; here a step has 100 of each domain and 100 times the rate "
        "(0.001 for a review, 0.0001 on mSDA's features), for 40 epochs; theirs go on for up to 200. On words, at "
        "weights near 1, such steps set the domains' hidden layers apart where single reviews bring them together; "
        "accuracies are alike. All networks are those of the checkpoint, of five, at which the loss on the source's "
        "validation is least; theirs the epoch with the best accuracy there, CMD's too, on three tenths of the source.",
        "The table of CMD's paper has its optimiser, Adagrad, with its rate and batches of 300, for 40 epochs. MMD is "
        "the unbiased estimate, there the biased one; its kernel goes by the mean squared distance of a batch, and its "
        "weight alone is chosen, where CMD's code chooses the kernel's width among ten too. CMD's paper quotes DANN's "
        "row from DANN's.",
        "What is unlike the papers: CMD is no better than MMD. Source only and CMD come out at their paper's means; it "
        "is MMD that reaches more than its row there. Of what is done otherwise here, its kernels and its estimate "
        "alone are MMD's only; whether they are the reason was not tried.",
        "CMD's code trains on seven tenths of both domains, and starts all its networks from one that has learnt "
        "labelled books for an epoch, also where books are the target. Here each starts from drawn weights, and learns "
        "nine tenths of the source and all of the target. Central moments of sigmoids beyond the second are small, so "
        "that their number can hardly matter.",
        "The hidden layer has 50 units, as in CMD's paper and in DANN's code; DANN's paper chooses 50 or 100.",
        "Reverse validation chooses a weight for each pair and seed anew, as CMD's code does, among every other of the "
        "papers' weights; an SVM's C for each pair by one split, of seed 100. It holds out 200 reviews of the source, "
        "so that a score is good to three points; of equal ones the smallest weight or C is taken, as in CMD's code. "
        "The run back starts from the weights of the run forward, as in both papers, but DANN's domain classifier "
        "anew, and has half as many epochs. SCL-MI, TCA and CORAL have the C that was chosen for the plain SVM.",
        f"{MSDA}'s 30,000 features are brought to 4,000 coordinates, as many as there are training reviews of both "
        "domains. An SVM learns and predicts the same; a network starts without what its first weights would make of "
        "the part of a test review that lies outside, some 4 % of its sum of squares.",
        "The networks' classifiers are their own softmax, their first weights drawn as in DANN's code, a draw for each "
        "seed. CMD's ten runs share the data; a seed here draws the validation too.",
        "2.6 to 5.5 % of a target's test reviews are training reviews of that domain, published twice. The papers test "
        "on all of them, and so does every table here but one; a claim says whether it matters.",
        "The 5,000 words were chosen by their frequency in all four domains, the targets among them: words are no "
        "secret of the target. Counts are taken as they are published; CMD's authors have the same reviews from "
        "another file.",
        "The regulariser of SCL-MI's predictors was set when the accuracy from books to kitchen had been seen: its row "
        "is shown, that pair of it is no evidence, and no claim is about it. TCA and CORAL stand in no paper's table "
        "of these reviews. TCA has 100 directions among the words.",
        "The proxy A-distance is that of DANN's code: the linear SVM that tells the domains' second halves apart best, "
        "of six C from 0.00001 to 1, where the code goes on to 10,000. Which halves goes by the seed: "
        "intervals say nothing of other reviews.",
        "The Poisson binomial test takes the test reviews as random and the runs as they are: each seed has a "
        "probability of its own. The verdicts take both as random.",
        "How long networks train and which checkpoint counts was settled by the loss on the source's validation, of "
        "seeds that no judged run has; where DANN's domain classifier starts, by its paper and the A-distance. A "
        "pilot, seeds 0 to 2, said how many seeds each line needs. An SVM has no seed: from books to kitchen "
        "and from electronics to DVDs its accuracies were seen before the gates were set to three points.",
    ),
)
