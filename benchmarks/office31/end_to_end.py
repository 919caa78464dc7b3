"""The cells of a graphics card: the papers' own networks, which learn with the methods from pixels on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

from mtl_bench.datasets.office31 import Office31
from mtl_bench.models.above import SIZE, Above, FineTuned
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.network import Backbone
from mtl_bench.models.pretrained import Pretrained
from mtl_bench.plans.adaptation import AdaptationTable, Pair, transductive_table
from mtl_bench.plans.lines import Deep
from mtl_bench.plans.standard import (
    ADDA_2017,
    BOTTLENECK_ALONE,
    CDAN_2018,
    CDAN_E_2018,
    CMD_2017,
    CMD_ALONE,
    DAN_2015,
    DANN_1024,
    DANN_2015,
    DDC_2014,
    DEEP_CORAL_2016,
    JAN_2017,
    LOGITS_ALONE,
    MANY_KERNELS,
    MCD_2018,
    MDD_2019,
    ONE_KERNEL,
    RTN_2016,
    SOURCE_ONLY,
)
from mtl_bench.study import Cell, Scale
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.contracts import DataSet
from mtl_bench.trials.trunk import Trunk

ALL = "all"
RESNET_50 = Pretrained("resnet50.tv_in1k")  # the weights that the papers' ResNet-50 starts from, in PyTorch
ALEXNET, VGG_16 = Pretrained("torchvision/alexnet"), Pretrained("torchvision/vgg16")
ABOVE_CONV3, ABOVE_FC6 = Above(ALEXNET, "conv4"), Bottleneck(4096)
ON_ONE_CARD = (SOURCE_ONLY, DAN_2015, DANN_2015, DANN_1024, CDAN_2018)
OF_RESNET = (
    *ON_ONE_CARD, DDC_2014, ONE_KERNEL, MANY_KERNELS, LOGITS_ALONE, BOTTLENECK_ALONE, RTN_2016, DEEP_CORAL_2016,
    CMD_ALONE, CMD_2017, JAN_2017, ADDA_2017, MCD_2018, CDAN_E_2018, MDD_2019,
)  # fmt: skip
OF_ALEXNET = (
    SOURCE_ONLY, DDC_2014, DAN_2015, ONE_KERNEL, LOGITS_ALONE, BOTTLENECK_ALONE, DEEP_CORAL_2016, RTN_2016, JAN_2017,
)  # fmt: skip
OF_VGG = tuple(replace(line, name=f"{line.name}, on VGG-16") for line in (CMD_ALONE, CMD_2017))


def end_to_end(scale: Scale, pairs: tuple[Pair, ...], with_headroom: tuple[Pair, ...]) -> Iterator[Cell]:
    """ResNet-50 as a whole; at paper scale also AlexNet above conv3, as in DAN's paper, and VGG-16 above fc6 (CMD)."""
    of_resnet: tuple[Deep, ...] = scale.pick(gpu=ON_ONE_CARD, paper=OF_RESNET)
    chosen: tuple[Pair, ...] = scale.pick(gpu=with_headroom, paper=pairs)
    pixels: dict[str, DataSet] = {name: Office31(name, size=SIZE) for name in Office31.domains}
    whole = table(scale, "ResNet-50, learnt", pixels)
    yield from whole.deep(above(of_resnet, FineTuned(RESNET_50)), chosen, scale.seeds)
    if scale.name == "paper":
        alexnet = table(scale, "AlexNet, learnt from conv4 on", below(ALEXNET, "conv3"))
        yield from alexnet.deep(above(OF_ALEXNET, ABOVE_CONV3), pairs, scale.seeds)
        vgg = table(scale, "VGG-16, fc6", below(VGG_16, "fc14"))
        yield from vgg.deep(above(OF_VGG, ABOVE_FC6), pairs, scale.seeds)


def above(lines: Iterable[Deep], network: Backbone) -> list[Deep]:
    return [replace(line, network=network) for line in lines]


def below(network: Pretrained, stage: str) -> dict[str, DataSet]:
    """What the stages that stand still make of each domain's images."""
    return {name: Trunk(Office31(name), network, (ALL,), upto=stage) for name in Office31.domains}


def table(scale: Scale, features: str, inputs: Mapping[str, DataSet]) -> AdaptationTable:
    images = {name: Office31(name) for name in inputs}
    recipe = Recipe(steps=scale.pick(gpu=1500, paper=20_000), batch_size=32, weight_decay=0.001, checkpoints=1)
    return transductive_table(inputs, images, ALL, recipe, {"features": features, "images": "original"})
