"""`mtl-bench compare` on folders and tables, as a user gives them: what it says, leaves and refuses."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
import pandas as pd
import pytest
import torch
from PIL import Image

from mtl_bench.cli.compare import compare as command
from mtl_bench.datasets.folder import ImageFolder
from mtl_bench.execution import own_data
from mtl_bench.execution.deliver import head_of
from mtl_bench.execution.study_file import as_code
from mtl_bench.methods.deep.cmd import CMD
from mtl_bench.models.bottleneck import Bottleneck
from mtl_bench.models.network import Network
from mtl_bench.models.own_network import OwnNetwork
from mtl_bench.models.pretrained import Pretrained, WeightsError
from mtl_bench.plans.comparison import DEEP, MethodComparison
from mtl_bench.results.table import Results
from mtl_bench.workspace import StudyError
from tests.studies import ROOT, Outcome

Compare = Callable[..., Outcome]
KINDS = ("cup", "pen", "tape")
FAST = ("--steps", "20", "--methods", "DANN", "--methods", "CORAL", "--slots", "1", "--device", "cpu")


@pytest.fixture
def compare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mtl_bench: Compare) -> Compare:
    """The command, in an empty folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("results", "reports", "store", "data"):
        monkeypatch.setenv(f"MTL_BENCH_{name.upper()}", str(tmp_path / name))
    monkeypatch.setenv("MTL_BENCH_STUDIES", str(tmp_path / "mine"))
    return lambda *words: mtl_bench("compare", *words)


def tables(folder: Path, count: int = 40) -> None:
    """Three clouds, moved in the target: source.csv, target.csv, and target without its labels."""
    random = np.random.default_rng(0)
    centres = 4 * random.normal(size=(3, 5))
    for name, shift in (("source", 0.0), ("target", 1.0)):
        codes = np.arange(count) % 3
        points = pd.DataFrame(centres[codes] + random.normal(size=(count, 5)) + shift, columns=list("abcde"))
        points.assign(label=np.array(KINDS)[codes]).to_csv(folder / f"{name}.csv", index=False)
        points.to_csv(folder / f"unknown_{name}.csv", index=False)


def texts(folder: Path, count: int = 40) -> None:
    """Reviews with words of praise or blame: books.csv, kitchen.csv, and the latter without its labels."""
    random = np.random.default_rng(0)
    words = {"good": ["great", "fine", "loved it"], "bad": ["awful", "poor", "broke"]}
    for name, goods in (("books", ["plot", "author", "pages"]), ("kitchen", ["pan", "blade", "handle"])):
        labels = ["good", "bad"] * (count // 2)
        found = [" ".join(random.permutation([*random.choice(goods, 3), *random.choice(words[y], 2)])) for y in labels]
        table = pd.DataFrame({"id": range(count), "text": found, "label": labels})
        table.to_csv(folder / f"{name}.csv", index=False)
        table.drop(columns="label").to_csv(folder / f"unknown_{name}.csv", index=False)


def images(folder: Path, count: int, seed: int, flat: bool = False) -> None:
    """Squares of a colour for each kind, noisy."""
    random = np.random.default_rng(seed)
    for i, kind in enumerate(KINDS):
        place = folder if flat else folder / kind
        place.mkdir(parents=True, exist_ok=True)
        for n in range(count):
            pixels = random.integers(0, 90, (40, 48, 3))
            pixels[..., i] += 150
            Image.fromarray(pixels.astype(np.uint8)).save(place / f"{kind}{n}.png")


@pytest.mark.slow
def test_a_labelled_target_is_judged_and_a_second_command_computes_nothing(compare: Compare, tmp_path: Path) -> None:
    tables(tmp_path)
    done = compare("source.csv", "target.csv", *FAST)
    assert done.status == 0, done.err
    assert "source: 40 rows" in done.out and "3 classes; target has labels" in done.out
    assert "DANN is better than no adaptation" in done.out
    rows = Results.read(tmp_path / "results", "source_to_target.laptop").rows
    accuracies = rows[rows["metric"] == "accuracy"]
    assert sorted(set(accuracies["method"])) == ["CORAL", "DANN", "no adaptation"]
    assert len(accuracies) == 2 * 3 + 1
    predictions = pd.read_csv("source_to_target/predictions.csv")
    assert list(predictions.columns) == ["row", "predicted", "confidence", "agreement"]
    assert sorted(predictions["row"]) == list(range(40))
    assert set(predictions["predicted"]) <= set(KINDS)
    assert predictions["confidence"].between(1 / 3, 1).all() and predictions["agreement"].between(0, 1).all()
    page = Path("reports/source_to_target.laptop.md").read_text(encoding="utf-8")
    assert "which method works here?" in page and "Scores without labels" in page
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("record.json")}
    assert compare("source.csv", "target.csv", *FAST).status == 0
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "store").rglob("record.json")} == before


@pytest.mark.slow
def test_in_an_empty_folder_all_lands_there_and_a_second_command_finds_it(tmp_path: Path) -> None:
    tables(tmp_path)
    environment = {n: v for n, v in os.environ.items() if not n.startswith("MTL_BENCH_")} | {"PYTHONPATH": str(ROOT)}
    stored = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-m", "mtl_bench", "compare", "source.csv", "target.csv", *FAST],
            cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
        stored.append({path: path.stat().st_mtime_ns for path in (tmp_path / "results/store").rglob("record.json")})
    assert stored[0] and stored[0] == stored[1]
    assert {"benchmarks", "reports", "results", "source_to_target"} <= {path.name for path in tmp_path.iterdir()}


@pytest.mark.slow
def test_predictions_are_of_the_rows_that_they_name(compare: Compare, tmp_path: Path) -> None:
    tables(tmp_path)
    assert compare("source.csv", "source.csv", *FAST).status == 2  # the same name
    (tmp_path / "again.csv").write_bytes((tmp_path / "source.csv").read_bytes())
    assert compare("source.csv", "again.csv", "--steps", "150", "--methods", "DANN", "--slots", "1").status == 0
    labels = pd.read_csv("again.csv")["label"].to_numpy()
    predictions = pd.read_csv("source_to_again/predictions.csv")
    right = predictions["predicted"].to_numpy() == labels[predictions["row"].to_numpy()]
    assert right.mean() > 0.9


@pytest.mark.slow
def test_without_labels_of_the_target_methods_are_ranked_and_nothing_is_scored(
    compare: Compare, tmp_path: Path
) -> None:
    tables(tmp_path)
    done = compare("source.csv", "unknown_target.csv", *FAST)
    assert done.status == 0, done.err
    assert "unknown_target has no labels" in done.out
    assert "looks at no label" in done.out
    rows = Results.read(tmp_path / "results", "source_to_unknown_target.laptop").rows
    assert "accuracy" not in set(rows["metric"]) and "score" in set(rows["metric"])
    assert set(rows["method"]) - {""} == {"DANN", "no adaptation"}  # CORAL has no probabilities to compare by
    told = compare("source.csv", "target.csv", "--unlabelled", "--name", "blind", *FAST)
    assert "target has no labels" in told.out
    assert "accuracy" not in set(Results.read(tmp_path / "results", "blind.laptop").rows["metric"])


@pytest.mark.slow
def test_some_labels_are_learnt_from_and_are_no_test(compare: Compare, tmp_path: Path) -> None:
    tables(tmp_path)
    labels = pd.read_csv("target.csv")["label"]
    shown = pd.DataFrame({"row": range(9), "label": labels[:9]})
    shown.to_csv("few.csv", index=False)
    assert compare("source.csv", "target.csv", "--labels", "few.csv", *FAST).status == 0
    predictions = pd.read_csv("source_to_target/predictions.csv")
    assert sorted(predictions["row"]) == list(range(9, 40))
    page = Path("reports/source_to_target.laptop.md").read_text(encoding="utf-8")
    assert "few labels" in page and "of which some are known" in page and "CORAL and TCA have none" in page
    assert "CORAL" not in set(Results.read(tmp_path / "results", "source_to_target.laptop").rows["method"])
    assert "few labels" in Path("reports/source_to_target.laptop.md").read_text(encoding="utf-8")


@pytest.mark.slow
def test_too_few_minutes_leave_methods_for_later(compare: Compare, tmp_path: Path) -> None:
    tables(tmp_path)
    done = compare("source.csv", "target.csv", "--minutes", "0", *FAST)
    assert done.status == 0, done.err
    assert "0 minutes are too few for DANN: `mtl-bench run source_to_target` computes them" in done.out
    rows = Results.read(tmp_path / "results", "source_to_target.laptop").rows
    assert set(rows[rows["metric"] == "accuracy"]["method"]) == {"no adaptation", "CORAL"}


@pytest.mark.slow
def test_images_leave_a_network_that_predicts_the_same_and_thumbnails(compare: Compare, tmp_path: Path) -> None:
    images(tmp_path / "shop", 8, seed=1)
    images(tmp_path / "desk", 8, seed=2, flat=True)
    words = ("--steps", "20", "--methods", "AdaBN, all layers", "--methods", "DANN", "--slots", "1", "--device", "cpu")
    done = compare("shop", "desk", *words)
    assert done.status == 0, done.err
    folder = tmp_path / "shop_to_desk"
    assert {path.name for path in folder.iterdir()} == {
        "predictions.csv", "model.safetensors", "load_model.py", "most_certain.png", "least_certain.png",
    }  # fmt: skip
    check_that_it_predicts_the_same(folder)
    with Image.open(folder / "most_certain.png") as sheet:
        assert sheet.size[0] == 8 * 128


def check_that_it_predicts_the_same(folder: Path) -> None:
    """What load_model.py makes of each image is what predictions.csv says."""
    code = (
        "from load_model import *\nimport pandas as pd\n"
        "for file, predicted, confidence, _ in pd.read_csv('predictions.csv').itertuples(index=False):\n"
        "    found = logits(Image.open(f'../desk/{file}')).softmax(0)\n"
        "    assert classes[found.argmax()] == predicted and abs(found.max() - confidence) < 2e-3, (file, found)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)


@pytest.mark.slow
def test_texts_leave_a_network_that_predicts_the_same_and_texts_to_look_at(compare: Compare, tmp_path: Path) -> None:
    texts(tmp_path)
    done = compare("books.csv", "kitchen.csv", *FAST)
    assert done.status == 0, done.err
    assert "books: 40 rows" in done.out and "2 classes; kitchen has labels" in done.out
    folder = tmp_path / "books_to_kitchen"
    assert {path.name for path in folder.iterdir()} == {
        "predictions.csv", "model.safetensors", "load_model.py", "most_certain.csv", "least_certain.csv",
    }  # fmt: skip
    code = (
        "from load_model import *\nimport pandas as pd\n"
        "predictions, given = pd.read_csv('predictions.csv'), pd.read_csv('../kitchen.csv')['text']\n"
        "for (row, predicted, confidence, _), found in zip(\n"
        "    predictions.itertuples(index=False), logits([given[row] for row in predictions['row']]).softmax(1)\n"
        "):\n"
        "    assert classes[found.argmax()] == predicted and abs(found.max() - confidence) < 2e-3, (row, found)\n"
    )
    subprocess.run([sys.executable, "-c", code], cwd=folder, check=True)
    shown, given = pd.read_csv(folder / "most_certain.csv"), pd.read_csv("kitchen.csv")["text"]
    assert shown["text"].tolist() == [given[row] for row in shown["row"]]
    assert shown["confidence"].is_monotonic_decreasing
    page = Path("reports/books_to_kitchen.laptop.md").read_text(encoding="utf-8")
    assert "most frequent words and pairs of words of both, by tf-idf" in page


@pytest.mark.slow
def test_texts_without_labels_are_ranked(compare: Compare, tmp_path: Path) -> None:
    texts(tmp_path)
    done = compare("books.csv", "unknown_kitchen.csv", "--text", "text", *FAST)
    assert done.status == 0, done.err
    assert "unknown_kitchen has no labels" in done.out and "looks at no label" in done.out


@pytest.mark.slow
def test_a_network_of_ones_own_is_loaded_too(compare: Compare, tmp_path: Path) -> None:
    images(tmp_path / "shop", 8, seed=1)
    images(tmp_path / "desk", 8, seed=2, flat=True)
    code = "from torch import nn\n\ndef Net():\n    return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())\n"
    (tmp_path / "models.py").write_text(code, encoding="utf-8")
    done = compare("shop", "desk", "--backbone", "models.py:Net", *FAST)
    assert done.status == 0, done.err
    check_that_it_predicts_the_same(tmp_path / "shop_to_desk")


@pytest.mark.parametrize("name", DEEP)
def test_what_is_handed_over_is_all_of_the_network_above_the_features(name: str) -> None:
    learner = DEEP[name].method.build(Network(Bottleneck(5), ("a", "b")), 3).eval()
    features = torch.randn(7, 5)
    with torch.no_grad():
        assert torch.allclose(head_of(learner, "b")(features), learner.predict(features, "b"), atol=1e-6)


def test_what_no_chain_of_layers_predicts_is_not_handed_over() -> None:
    learner = CMD().build(Network(Bottleneck(5), ("a", "b")), 3)
    with pytest.raises(ValueError, match="CMDLearner predicts by is no chain of linear layers"):
        head_of(learner, "b")


@pytest.mark.parametrize(
    ("source", "target", "sentence"),
    [
        ("nowhere", "target.csv", "nowhere is not there; give a folder of class folders"),
        ("source.csv", "other.csv", "the classes do not correspond: tape only in source, tapes only in other"),
        ("source.csv", "narrow.csv", "e only in source"),
        ("source.csv", "shop", "source.csv has features and shop images; give two of one kind"),
        ("source.csv", "few.csv", "few has 6 rows; 20 of each domain are needed"),
        ("source.csv", "target.tsv", "target.tsv is no table that can be read; save it as .npz, .csv, .parquet, .mat"),
        ("books.csv", "target.csv", "books.csv has texts and target.csv features; give two of one kind"),
        ("books.csv", "films.csv", "the classes do not correspond: bad only in books, poor only in films"),
    ],
)
def test_what_cannot_be_compared_is_one_sentence(
    compare: Compare, tmp_path: Path, source: str, target: str, sentence: str
) -> None:
    tables(tmp_path)
    images(tmp_path / "shop", 8, seed=1)
    whole = pd.read_csv("target.csv")
    whole.assign(label=whole["label"].str.replace("tape", "tapes")).to_csv("other.csv", index=False)
    whole.drop(columns="e").to_csv("narrow.csv", index=False)
    whole[:6].to_csv("few.csv", index=False)
    whole.to_csv("target.tsv", sep="\t", index=False)
    texts(tmp_path)
    films = pd.read_csv("kitchen.csv")
    films.assign(label=films["label"].str.replace("bad", "poor")).to_csv("films.csv", index=False)
    done = compare(source, target, *FAST)
    assert done.status == 2
    assert sentence in done.err and done.err.count("\n") == 1
    assert not (tmp_path / "mine").exists()


def test_a_misspelt_method_and_another_study_of_that_name(compare: Compare, tmp_path: Path) -> None:
    tables(tmp_path)
    misspelt = compare("source.csv", "target.csv", "--method", "DANNN")
    assert (misspelt.status, 'no method "DANNN" is compared; did you mean "DANN"?' in misspelt.err) == (2, True)
    (tmp_path / "mine").mkdir(exist_ok=True)
    (tmp_path / "mine/source_to_target.py").write_text("STUDY = None\n")
    done = compare("source.csv", "target.csv", *FAST)
    assert (done.status, "is there with other content" in done.err) == (2, True)


def test_the_study_file_is_what_was_asked_whatever_classes_are_called() -> None:
    classes = ("back pack", 'a "quoted" one', "Ä 'ä'", *(f"kind {i} of many" for i in range(40)))
    one = ImageFolder("shop", classes, "0" * 64, "some folder/shop", stamp="1")
    asked = MethodComparison(
        one, replace(one, name="desk", labelled=False), Pretrained(), 1280, labels=("few.csv", "2")
    )
    names = {kind.__name__: kind for kind in (ImageFolder, MethodComparison, Pretrained)}
    code = as_code(asked)
    assert eval(code, names) == asked
    assert max(map(len, code.splitlines())) <= 120
    assert "steps" not in code  # a default


def test_folders_of_one_name_go_by_their_parents(tmp_path: Path) -> None:
    for place, seed in (("amazon", 1), ("webcam", 2)):
        images(tmp_path / place / "images", 8, seed)
    one, other = own_data.looked_at(
        str(tmp_path / "amazon/images"), str(tmp_path / "webcam/images"), own_data.Columns(), False
    )
    assert (one.name, other.name) == ("amazon-images", "webcam-images")


def test_what_sees_the_rows_is_of_their_kind(tmp_path: Path) -> None:
    tables(tmp_path)
    texts(tmp_path)
    for pair, word, sentence in (
        (("source.csv", "target.csv"), "resnet18", "source has features already, which no network sees"),
        (
            ("books.csv", "kitchen.csv"),
            "resnet18",
            "texts are not seen by resnet18; give --backbone words, minilm, bert, gpt, elmo",
        ),
    ):
        source, target = (str(tmp_path / name) for name in pair)
        one, other = own_data.looked_at(source, target, own_data.Columns(), False)
        with pytest.raises(StudyError, match=sentence):
            own_data.backbone_of(word, one, other, 100)
    found = own_data.backbone_of("", one, other, 100)
    assert found[0] is None and 12 < found[1] < 200


def test_help_names_whatever_sees_texts() -> None:
    [option] = get_type_hints(command, include_extras=True)["backbone"].__metadata__
    assert all(re.search(rf"\b{word}\b", option.help) for word in (own_data.WORDS, *own_data.ENCODERS))


def test_a_network_of_ones_own_sees_the_images(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    images(tmp_path / "shop", 8, seed=1)
    source = ImageFolder.of("shop")
    code = "from torch import nn\n\ndef Net():\n    return nn.Sequential(nn.AdaptiveAvgPool2d(2), nn.Flatten())\n"
    Path("models.py").write_text(code, encoding="utf-8")
    network, width = own_data.backbone_of("models.py:Net", source, source, 100)
    assert width == 12 and isinstance(network, OwnNetwork)
    Path("models.py").write_text(code + "# another\n", encoding="utf-8")
    with pytest.raises(WeightsError, match="is not what it was when the study was written"):
        network.network()
    for word, sentence in (
        ("gone.py:Net", "gone.py is not there"),
        ("models.py:Nett", "models.py:Nett can't be made"),
        ("resnet_17", "timm has no network resnet_17"),
    ):
        with pytest.raises(StudyError, match=sentence):
            own_data.backbone_of(word, source, source, 100)


def test_classes_of_an_unlabelled_folder_are_the_sources(tmp_path: Path) -> None:
    images(tmp_path / "shop", 8, seed=1)
    images(tmp_path / "desk", 8, seed=2, flat=True)
    one, other = own_data.looked_at(str(tmp_path / "shop"), str(tmp_path / "desk"), own_data.Columns(), False)
    assert other.classes == one.classes == KINDS
    labelled: Any = other
    assert not labelled.labelled
