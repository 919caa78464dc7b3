"""Interpolation between two networks with BatchNorm, beside the loop that public code goes through at each point."""

from __future__ import annotations

import copy
from typing import Any

from speed.row import Peer, Row
from speed.timing import Work

IMAGES, CLASSES, SIDE, POINTS, BATCH = 1000, 10, 32, 11, 500


def networks() -> Any:
    """A residual network's learner, two states of it, and images with labels."""
    from mtl_bench.methods.deep.source_only import SourceOnly
    from mtl_bench.models.network import Network
    from mtl_bench.models.residual_cnn import ResidualCNN
    from mtl_bench.training.seeding import generator, seed_everything

    drawn = generator(0, "speed", "interpolation")
    images = drawn.integers(0, 256, (IMAGES, 3, SIDE, SIDE), dtype="uint8")
    learners = []
    for seed in range(2):
        seed_everything(seed, "speed", "interpolation")
        net = Network(ResidualCNN((8, 16, 32, 32), stem=8, normalised=True), ("images",))
        learners.append(SourceOnly().build(net, CLASSES).eval())
    states = (copy.deepcopy(learner.state_dict()) for learner in learners)  # the learner's own will move
    return learners[0], *states, images, drawn.integers(0, CLASSES, IMAGES)


def ours(inputs: Any) -> Work:
    import numpy as np

    from mtl_bench.trials.interpolation import between, loss_and_error, re_estimate

    learner, a, b, images, labels = inputs

    def work() -> Any:
        found = []
        for w in np.linspace(0, 1, POINTS):
            learner.load_state_dict(between(a, b, float(w)))
            re_estimate(learner, images, "images")
            found.append(loss_and_error(learner, images, labels, "images")["loss"])
        return np.array(found)

    return work


def usual_loop(inputs: Any) -> Work:
    """At each point a loader that makes tensors of pictures, PyTorch's own update_bn, and a pass for the loss."""
    import numpy as np
    import torch
    from PIL import Image
    from torch.optim.swa_utils import update_bn
    from torch.utils.data import DataLoader, Dataset
    from torchvision.transforms import functional

    learner, a, b, images, labels = inputs
    pictures = [Image.fromarray(image.transpose(1, 2, 0)) for image in images]

    class Pictures(Dataset[Any]):
        def __len__(self) -> int:
            return len(pictures)

        def __getitem__(self, i: int) -> Any:
            # As bytes again, which is what the network here takes.
            return (functional.to_tensor(pictures[i]) * 255).round().to(torch.uint8), int(labels[i])

    class Whole(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.learner = learner

        def forward(self, x: Any) -> Any:
            return self.learner.predict(x, "images")

    def work() -> Any:
        found, whole = [], Whole()
        for w in np.linspace(0, 1, POINTS):
            state = {n: torch.lerp(a[n], b[n], float(w)) if a[n].is_floating_point() else a[n] for n in a}
            whole.learner.load_state_dict(state)
            loader = DataLoader(Pictures(), BATCH)
            with torch.no_grad():
                update_bn(loader, whole)
                whole.eval()
                losses = [torch.nn.functional.cross_entropy(whole(x), y, reduction="sum") for x, y in loader]
            found.append(float(sum(losses)) / len(pictures))
        return np.array(found)

    return work


def difference(a: Any, b: Any) -> float:
    """The largest difference of a point's loss: batches are the same here and there."""
    return float(abs(a - b).max())


ROWS = (
    Row(
        name="line-11-points",
        sentence=f"the line between two networks with BatchNorm estimated anew: {POINTS} points, {IMAGES:,} images",
        inputs=networks,
        ours=ours,
        peers=(Peer("a loader at each point", usual_loop),),
        goal=0.55,
        distance=difference,
        measure="largest difference of a loss",
        tolerance=0.001,
        rounds=7,
    ),
)
