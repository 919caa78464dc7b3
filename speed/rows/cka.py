"""CKA of 24 layers of one network with 24 of another, beside torch-cka, by the same estimate over the same batches."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from speed.row import Peer, Row
from speed.timing import Work

IMAGES, BATCH, SIDE = 128, 64, 32
KINDS = ("", ".conv1", ".conv2")  # of a block: what comes out of it, and of its convolutions


def networks() -> Any:
    """Two untrained ResNet-18 and batches of noise; the layers follow no module that acts in place."""
    import timm
    import torch

    from mtl_bench.training.seeding import generator, seed_everything

    made = []
    for seed in range(2):
        seed_everything(seed, "speed", "cka")
        made.append(timm.create_model("resnet18", num_classes=0).eval())
    drawn = generator(0, "speed", "cka").standard_normal((IMAGES, 3, SIDE, SIDE), dtype="float32")
    layers = [f"layer{stage}.{block}{kind}" for stage in range(1, 5) for block in range(2) for kind in KINDS]
    return (*made, torch.from_numpy(drawn), layers)


def ours(inputs: Any) -> Work:
    from mtl_bench.measures.networks import similarity

    a, b, images, layers = inputs
    return lambda: similarity(a, b, images.split(BATCH), layers=layers).loc[layers, layers].to_numpy()


def torch_cka(inputs: Any) -> Work:
    import torch
    from torch.utils.data import DataLoader, TensorDataset

    a, b, images, layers = inputs
    cka = import_module("torch_cka").CKA(a, b, "a", "b", model1_layers=layers, model2_layers=layers)
    loader = DataLoader(TensorDataset(images), BATCH)

    def work() -> Any:
        with torch.no_grad():
            cka.compare(loader, loader)
        # A block's hook comes after those of its convolutions: features lie in the order in which they were computed.
        computed = list(cka.model1_features)
        order = [computed.index(layer) for layer in layers]
        return cka.hsic_matrix.numpy()[order][:, order]

    return work


def difference(a: Any, b: Any) -> float:
    """The largest difference of two layers' CKA."""
    return float(abs(a - b).max())


def note(inputs: Any) -> str:
    """How far both are from the same estimate of features in double precision."""
    from mtl_bench.measures.kernel_alignment import StreamingCKA
    from mtl_bench.measures.networks import LayerOutputs

    a, b, images, layers = inputs
    streaming = StreamingCKA()
    with LayerOutputs(a, layers) as of_a, LayerOutputs(b, layers) as of_b:
        for batch in images.split(BATCH):
            streaming.update(*({name: one.double() for name, one in of(batch).items()} for of in (of_a, of_b)))
        exact = streaming.value().numpy()
        order = [of_a.layers.index(layer) for layer in layers]
    exact = exact[order][:, order]
    said = f"from the same estimate in double precision ours differs by {difference(ours(inputs)(), exact):.0e}"
    if not find_spec("torch_cka"):
        return said
    return (
        f"{said}, torch-cka, whose products are single and not centred, by {difference(torch_cka(inputs)(), exact):.2f}"
    )


ROWS = (
    Row(
        name="cka-24x24",
        sentence=f"debiased CKA, 24 × 24 layers of two ResNet-18: {IMAGES} images of {SIDE} × {SIDE} in {BATCH}s",
        inputs=networks,
        ours=ours,
        peers=(Peer("torch-cka", torch_cka, "torch_cka", "torch-cka"),),
        goal=0.25,
        distance=difference,
        measure="largest difference of a CKA",
        tolerance=0.2,  # theirs is off by so much: see the note
        rounds=7,
        note=note,
    ),
)
