"""AlexNet and VGG of torchvision, which are chains of layers, cut into stages under the papers' names."""

from __future__ import annotations

from torch import nn


def stages_in_order(model: nn.Module) -> dict[str, nn.Module]:
    """conv1, conv2 … fc6, fc7: each layer with weights, with what follows up to the next.

    Raises ValueError for a model that is not features, pooling and a classifier, in this order.
    """
    if [name for name, _ in model.named_children()] != ["features", "avgpool", "classifier"]:
        raise ValueError(
            f"torchvision's {type(model).__name__} is no chain of layers as its AlexNet and VGG are; "
            "take timm's model of the same name"
        )
    features, pooling, classifier = model.children()
    found: dict[str, list[nn.Module]] = {}
    for layer in (*features.children(), pooling, nn.Flatten(), *classifier.children()):
        if isinstance(layer, nn.Conv2d | nn.Linear):
            found[f"{'conv' if isinstance(layer, nn.Conv2d) else 'fc'}{len(found) + 1}"] = []
        next(reversed(found.values())).append(layer)
    return {name: nn.Sequential(*layers) for name, layers in found.items()}
