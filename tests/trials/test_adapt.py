"""Adapt: no label of the target gets in, the validation images stay out, a kill changes nothing."""

from __future__ import annotations

import csv
import io
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks import quickstart
from mtl_bench.core.trial import Work
from mtl_bench.datasets.synthetic import SyntheticImages
from mtl_bench.disk import read_with_checksum
from mtl_bench.inputs.rows import Array, digest
from mtl_bench.methods.deep.source_only import SourceOnly, SourceOnlyLearner
from mtl_bench.models.digits import DigitCNN
from mtl_bench.models.network import Network
from mtl_bench.training.learner import Batch, Learner
from mtl_bench.training.recipe import Recipe
from mtl_bench.trials.adapt import Adapt, Centring
from mtl_bench.trials.history import read_arrays
from mtl_bench.trials.inits import Whole
from mtl_bench.trials.weights import Weights
from tests.trials.domains import SOURCE, TARGET, Poisoned, PoisonError, Relabelled, adaptation, run

SEEN: list[Batch] = []


@dataclass(frozen=True)
class Watched:
    """Source only that remembers every batch it trained on."""

    uses: ClassVar[tuple[str, ...]] = ()

    def build(self, net: Network, classes: int) -> Learner:
        SEEN.clear()
        return WatchedLearner(net, classes)


class WatchedLearner(SourceOnlyLearner):
    def losses(self, batches: Mapping[str, Batch], progress: float) -> dict[str, Tensor]:
        SEEN.extend(batches.values())
        return super().losses(batches, progress)


def arrays(folder: Path, trial: Adapt) -> dict[str, Array]:
    return read_arrays(folder / f"checkpoint-{trial.recipe.steps}.npz")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The files of the run that others are compared with."""
    return run(adaptation(), tmp_path_factory.mktemp("plain"))


@pytest.mark.slow
def test_the_targets_labels_are_never_asked_for(plain: dict[str, bytes], tmp_path: Path) -> None:
    with pytest.raises(PoisonError):
        Poisoned(TARGET).labels("train")
    assert run(adaptation(Poisoned(TARGET)), tmp_path) == plain


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_other_labels_of_the_target_change_no_bit(seed: int, plain: dict[str, bytes], tmp_path: Path) -> None:
    other = Relabelled(TARGET, seed)
    assert not np.array_equal(other.labels("test"), TARGET.labels("test"))
    assert run(adaptation(other), tmp_path) == plain
    assert {"weights-8.pt", "checkpoint-8.npz", "history.csv", "source_labels.npz"} <= plain.keys()
    assert not {"resume_state.pt", "history.json"} & plain.keys()


@pytest.mark.slow
def test_the_quickstart_reads_labels_of_the_target_only_for_the_ceiling(tmp_path: Path) -> None:
    cells = quickstart.STUDY.cells(quickstart.STUDY.scale("smoke", seeds=1))
    for cell in cells:
        trial = cell.trial.selection.adaptation  # type: ignore[attr-defined]
        trial = replace(trial, recipe=replace(trial.recipe, steps=2))
        poisoned = Poisoned(trial.target)
        sources = tuple(poisoned if source == trial.target else source for source in trial.sources)
        trial = replace(trial, target=poisoned, sources=sources)
        folder = tmp_path / str(cell.labels["method"])
        if cell.labels["method"] == quickstart.CEILING:
            with pytest.raises(PoisonError, match="train labels"):
                run(trial, folder)
        else:
            assert run(trial, folder)


@pytest.mark.slow
def test_labels_of_a_source_matter_but_not_to_the_cut(plain: dict[str, bytes], tmp_path: Path) -> None:
    """Which images are held out does not depend on labels: the outputs of the cut differ in weights only."""
    trial = replace(adaptation(), method=Watched())
    seen = []
    for name, source in (("own", SOURCE), ("other", Relabelled(SOURCE))):
        files = run(replace(trial, sources=(source,)), tmp_path / name)
        seen.append([batch.inputs for batch in SEEN])
        assert files["weights-8.pt"] != plain["weights-8.pt"]
    assert all(torch.equal(a, b) for a, b in zip(*seen, strict=True))
    other = run(adaptation(sources=(Relabelled(SOURCE),)), tmp_path / "dann")
    assert other["weights-8.pt"] != plain["weights-8.pt"]


@pytest.mark.slow
def test_validation_images_are_never_trained_on(tmp_path: Path) -> None:
    """They are found from outside: by the predictions of the final weights."""
    images, labels = SOURCE.inputs("train"), SOURCE.labels("train")
    trial = replace(adaptation(), method=Watched(), recipe=Recipe(steps=40, batch_size=6, checkpoints=1))
    run(trial, tmp_path)
    seen = {x.numpy().tobytes() for batch in SEEN if batch.labels is not None for x in batch.inputs}
    learner = SourceOnly().build(Network(DigitCNN(), (SOURCE.name, TARGET.name)), 10)
    learner.load_state_dict(torch.load(tmp_path / "weights-40.pt", weights_only=True))
    with torch.no_grad():
        scores = learner.eval().predict(torch.from_numpy(images), SOURCE.name).numpy()
    found = []
    with np.load(tmp_path / "source_labels.npz") as file:
        expected = dict(file)
    for part in ("train", "validation"):
        rows = arrays(tmp_path, trial)[f"source {part} logits"]
        distances = np.abs(rows[:, None] - scores[None]).max(2)
        assert distances.min(1).max() < 1e-4
        found.append(set(distances.argmin(1)))
        assert expected[part].tolist() == labels[distances.argmin(1)].tolist()
    trained, held_out = found
    assert len(held_out) == 4  # a tenth of 40
    assert not trained & held_out
    assert trained | held_out == set(range(40))
    assert seen == {images[i].tobytes() for i in trained}


@pytest.mark.slow
def test_logits_are_those_of_the_checkpoints_weights(tmp_path: Path) -> None:
    trial = adaptation()
    run(trial, tmp_path)
    learner = trial.method.build(Network(DigitCNN(), (SOURCE.name, TARGET.name)), 10)
    learner.load_state_dict(torch.load(tmp_path / "weights-8.pt", weights_only=True))
    learner.eval()
    for split in ("train", "test"):
        with torch.no_grad():
            images = torch.from_numpy(TARGET.inputs(split))
            expected = learner.predict(images, TARGET.name).numpy()
            features = learner.net({TARGET.name: images})[TARGET.name]["conv2"].flatten(1).numpy()
        stored = arrays(tmp_path, trial)
        np.testing.assert_allclose(stored[f"target {split} logits"], expected, rtol=1e-4, atol=1e-5)
        np.testing.assert_allclose(stored[f"target {split} features"], features, rtol=1e-2, atol=1e-3)


@pytest.mark.slow
def test_the_best_weights_are_those_of_the_smallest_validation_loss(tmp_path: Path) -> None:
    trial = replace(adaptation(), recipe=Recipe(steps=40, batch_size=6, checkpoints=8, learning_rate=0.05))
    metrics = trial.run(Work(tmp_path, "cpu"))
    with (tmp_path / "history.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [int(row["step"]) for row in rows] == [5, 10, 15, 20, 25, 30, 35, 40]
    assert metrics["source_validation"] == float(rows[-1]["source_validation"])
    best = min(rows, key=lambda row: float(row["source_validation_loss"]))
    learner = trial.method.build(Network(DigitCNN(), (SOURCE.name, TARGET.name)), 10).eval()
    best_step = int(best["step"])
    assert {path.name for path in tmp_path.glob("*.pt")} == {f"weights-{best_step}.pt", "weights-40.pt"}
    learner.load_state_dict(torch.load(tmp_path / f"weights-{best_step}.pt", weights_only=True))
    with torch.no_grad():
        logits = learner.predict(torch.from_numpy(TARGET.inputs("test")), TARGET.name).numpy()
    stored = read_arrays(tmp_path / f"checkpoint-{best_step}.npz")["target test logits"]
    np.testing.assert_allclose(stored, logits, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("centring", "of_target"), [("sources", 0.0), ("all domains", 0.5)])
def test_pixels_are_centred_on_the_mean_of_the_sources_or_of_all_domains(
    centring: Centring, of_target: float, tmp_path: Path
) -> None:
    net = replace(adaptation(), centring=centring).start(Work(tmp_path, "cpu")).net
    target = TARGET.inputs("train").mean((0, 2, 3)) / 255
    every_source = SOURCE.inputs("train").mean((0, 2, 3)) / 255
    # A tenth of the source is held out: its training mean lies near that of all.
    expected = of_target * target + (1 - of_target) * every_source
    np.testing.assert_allclose(net.mean.flatten(), expected, atol=0.01)
    assert bool((net.std == 1).all())


@pytest.mark.slow
def test_source_only_is_the_same_network_whatever_the_target_is(tmp_path: Path) -> None:
    """Bit for bit, on pixels of another brightness: nothing of the target reaches a baseline."""
    alone = replace(adaptation(), method=SourceOnly())
    dark = replace(alone, target=replace(TARGET, tint=0.3, stands_for=TARGET.name))
    assert dark.target.name == TARGET.name
    kept = [run(trial, tmp_path / f"{i}")["weights-8.pt"] for i, trial in enumerate((alone, dark))]
    assert kept[0] == kept[1]
    seeing = [replace(trial, centring="all domains") for trial in (alone, dark)]
    kept = [run(trial, tmp_path / f"seeing {i}")["weights-8.pt"] for i, trial in enumerate(seeing)]
    assert kept[0] != kept[1]


@pytest.mark.slow
def test_without_a_source_the_mean_is_that_of_the_network_that_learnt_one(tmp_path: Path) -> None:
    learnt = replace(adaptation(), method=SourceOnly())
    run(learnt, tmp_path / "learnt")
    work = Work(tmp_path, "cpu", artifact_of=lambda trial, name: tmp_path / "learnt" / name)
    for centring in ("sources", "all domains"):
        trial = replace(learnt, sources=(), init=Whole(Weights(learnt), head=True), centring=centring)
        mean = trial.start(work).net.mean.flatten()
        np.testing.assert_allclose(mean, SOURCE.inputs("train").mean((0, 2, 3)) / 255, atol=0.01)


def test_an_unknown_centring_is_refused() -> None:
    with pytest.raises(ValueError, match=r"pixels can't be centred by 'target'; choose one of sources \| all domains"):
        replace(adaptation(), centring="target")  # type: ignore[arg-type]


@pytest.mark.slow
def test_the_record_names_the_data_that_were_read(tmp_path: Path) -> None:
    work = Work(tmp_path, "cpu")
    adaptation().run(work)
    assert work.data == {
        f"{SOURCE.name} train inputs": digest(SOURCE.inputs("train")),
        f"{SOURCE.name} train labels": digest(SOURCE.labels("train")),
        f"{TARGET.name} train inputs": digest(TARGET.inputs("train")),
        f"{TARGET.name} test inputs": digest(TARGET.inputs("test")),
    }


@pytest.mark.slow
def test_two_sources_are_both_trained_on(tmp_path: Path) -> None:
    second = SyntheticImages(tint=0.5, train=20, test=12)
    trial = replace(adaptation(sources=(SOURCE, second)), method=Watched())
    run(trial, tmp_path)
    labelled = [batch for batch in SEEN if batch.labels is not None]
    assert len(labelled) == 2 * len([batch for batch in SEEN if batch.target]) == 16
    assert len(arrays(tmp_path, trial)["source validation logits"]) == 4 + 2


@pytest.mark.slow
def test_killed_and_resumed_it_leaves_the_same_files(plain: dict[str, bytes], tmp_path: Path) -> None:
    """The kill comes after the third of four checkpoints, the resume_state before the second."""
    command = [sys.executable, "-m", "tests.trials.domains", str(tmp_path)]
    threads = {"OMP_NUM_THREADS": str(torch.get_num_threads())}  # by which sums round: as in this process
    child = subprocess.run(
        command, cwd=Path(__file__).parents[2], env=os.environ | threads, capture_output=True, text=True, check=False
    )
    assert child.returncode == -signal.SIGKILL, child.stderr
    assert (tmp_path / "checkpoint-6.npz").exists()
    assert not (tmp_path / "weights-8.pt").exists()
    content, notes = (read_with_checksum(tmp_path / name) for name in ("resume_state.pt", "history.json"))
    assert content is not None and torch.load(io.BytesIO(content), weights_only=True)["step"] in (2, 3)
    assert notes is not None and [note["row"]["step"] for note in json.loads(notes)] == [2, 4, 6]
    assert run(adaptation(), tmp_path) == plain
