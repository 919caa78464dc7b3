# %% [markdown]
# # Methods in three lines
#
# Every method of the tables is an object with scikit-learn's habits: the same algorithm, the same defaults, under the
# same name. This page is [three_lines.py](three_lines.py), which a test runs, with what it printed
# (`jupytext --to ipynb --execute docs/three_lines.py`).

# %%
import numpy as np
from sklearn.base import clone

import mtl_bench
from mtl_bench import measures
from mtl_bench.datasets.bundled import MNIST5k, MNISTM5k

# %% [markdown]
# ## A shallow method: features of a source with labels, and of a target without
#
# Two clouds a class, and a target that is turned: here by 40 degrees, in the first two of ten dimensions.

# %%
random = np.random.default_rng(0)
centres = 3 * random.normal(size=(4, 10))
labels = np.repeat(["cat", "dog", "fox", "owl"], 50)
turn = np.eye(10)
turn[:2, :2] = [[np.cos(0.7), -np.sin(0.7)], [np.sin(0.7), np.cos(0.7)]]
xs = np.repeat(centres, 50, axis=0) + random.normal(size=(200, 10))
xt = (np.repeat(centres, 50, axis=0) + random.normal(size=(200, 10))) @ turn + 2

# %%
for method in (mtl_bench.NoAdaptation(), mtl_bench.TCA(5), mtl_bench.SA(5), mtl_bench.CORAL()):
    print(f"{method!s:60} {100 * method.fit(xs, labels, xt).score(xt, labels):5.1f} %")

# %% [markdown]
# They can be cloned, and their parameters read and set, as scikit-learn's can. `transform` gives what the classifier
# sees.

# %%
narrow = clone(mtl_bench.TCA(5)).set_params(dimension=2).fit(xs, labels, xt)
print(narrow.transform(xt).shape, narrow.get_params()["mu"])

# %% [markdown]
# ## A deep method: features or images, a torch `Dataset`, or a data set of this package
#
# The loop, the recipe and the seeds are those of the studies. `network` takes any backbone; `steps`, `learning_rate`
# and so on are those of the recipe; without them they are those of the tables.

# %%
for deep in (mtl_bench.SourceOnly(steps=150, device="cpu"), mtl_bench.DANN(steps=150, device="cpu")):
    print(f"{type(deep).__name__:12} {100 * deep.fit(xs, labels, xt).score(xt, labels):5.1f} %")

# %% [markdown]
# Images are uint8 (n, C, H, W), here plain digits and digits on photographs, whose labels are not read. A few labels of
# the target, None where there is none, make it semi-supervised; `predict_proba` gives probabilities. Ten steps learn
# nothing yet: the defaults take minutes.

# %%
source, target = MNIST5k(), MNISTM5k()
known = [label if row < 100 else None for row, label in enumerate(np.array(target.classes)[target.labels("train")])]
semi = mtl_bench.DANN(steps=10, device="cpu").fit(source, target=target, target_labels=known)
print(semi.predict_proba(target.inputs("train")[:3]).shape)

# %% [markdown]
# ## Features of a network with published weights, and how far domains are apart
#
# `features` takes any network of timm's; the default's weights come with a Python package. Measures take arrays and
# tensors alike; for tensors those that can be differentiated are.

# %%
one, other = (mtl_bench.features(data.inputs("train")[:60], device="cpu") for data in (source, target))
print("features", one.shape)
print("proxy A-distance", round(measures.proxy_a_distance(one, other), 2))
print("squared MMD", round(measures.squared_mmd(one, other), 3))

# %% [markdown]
# ## What was measured
#
# `load` gives the committed results of a study as a table, without means over others.

# %%
found = mtl_bench.load("quickstart")
accuracies = found[found["metric"] == "accuracy"]
accuracies.groupby(["source", "target", "method"])["value"].agg(["mean", "std", "count"])
