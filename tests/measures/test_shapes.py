"""Shapes in signatures are checked while tests run, and cost nothing outside."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from jaxtyping import TypeCheckError

from mtl_bench.measures.coral import coral
from mtl_bench.measures.validators import accuracy
from mtl_bench.methods.shallow.gfk import flow_factor


def test_what_does_not_fit_a_signature_fails_a_test() -> None:
    with pytest.raises(TypeCheckError, match="'y'"):
        coral(torch.zeros(4, 3), torch.zeros(4, 2))
    with pytest.raises(TypeCheckError, match="'labels'"):
        accuracy(np.eye(3), np.zeros((3, 1), int))
    with pytest.raises(TypeCheckError, match="'target'"):
        flow_factor(np.eye(4, 2), np.eye(4, 3))


@pytest.mark.slow
def test_measures_are_importable_without_the_rest() -> None:
    code = (
        "import sys; import mtl_bench.measures.validators, mtl_bench.measures.mmd; "
        "print(sorted(name for name in sys.modules if name.startswith('mtl_bench.')), 'beartype' in sys.modules)"
    )
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    allowed = ("mtl_bench.inputs", "mtl_bench.measures")
    names, checked = shown.strip().rsplit(" ", 1)
    assert all(name.startswith(allowed) for name in eval(names)), names  # a list of names that we printed
    assert checked == "False"


def test_help_imports_no_shapes() -> None:
    code = "import sys; import mtl_bench.__main__; print('jaxtyping' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout
    assert shown == "False\n"
