"""DomainNet's images out of parquet files as the hub has them: the same rows as out of the official archives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from mtl_bench.datasets import domainnet
from mtl_bench.datasets.domainnet import DomainNet
from mtl_bench.datasets.domainnet_lists import DOMAINS, ORIGINAL
from mtl_bench.datasets.domainnet_parquet import PARQUETS, DomainNetParquet
from mtl_bench.datasets.files.placed import DataError, content_of
from mtl_bench.execution import data_catalogue
from mtl_bench.inputs.rows import IN_MEMORY, digest
from tests.datasets.domainnet_like import SIDE, SPLITS, parquet, rows, serve, serve_hub
from tests.datasets.faulty_server import Served, Server

QUIET: Any = lambda label, done, total: None  # noqa: E731
SOME = DomainNet("clipart", "40-classes", size=SIDE)


def said(data: DomainNet) -> list[tuple[str, bytes]]:
    """The digests and labels of both splits."""
    return [(digest(data.inputs(split)), data.labels(split).tobytes()) for split in SPLITS]


@pytest.fixture
def expected(server: Server, root: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bytes]]:
    """What the archive gives; afterwards nobody has it, and the data folder is empty."""
    with monkeypatch.context() as other:
        other.setenv("MTL_BENCH_DATA", str(root / "of-archive"))
        serve(server, other, "clipart")
        found = said(SOME)
        DomainNet("clipart").fetch(QUIET)
    serve(server, monkeypatch, "clipart")
    del server.served["/clipart.zip"]
    server.requests.clear()
    return found


@pytest.mark.slow
@pytest.mark.parametrize("names", [True, False])
def test_40_classes_come_out_of_groups_of_rows(
    server: Server, root: Path, expected: list[tuple[str, bytes]], names: bool
) -> None:
    serve_hub(server, "quickdraw", "clipart", "real", names=names)
    SOME.fetch(QUIET)
    asked = [request for request in server.requests if request.path.endswith(".parquet")]
    assert asked and all(request.range for request in asked)
    assert said(SOME) == expected
    assert not list(root.glob("domainnet/*.parquet"))


@pytest.mark.slow
def test_a_stopped_run_goes_on_where_it_was(server: Server, root: Path, expected: list[tuple[str, bytes]]) -> None:
    serve_hub(server, "clipart")

    def stop(label: str, done: int, total: int | None) -> None:
        if "groups" in label and done > 20_000:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SOME.fetch(stop)
    kept = {path: path.stat().st_mtime_ns for _, path in content_of(root / "domainnet" / "clipart-40-classes.part")}
    assert len(kept) > 50
    SOME.fetch(QUIET)
    inner = {path.relative_to(root / "domainnet" / "clipart-40-classes.part"): time for path, time in kept.items()}
    folder = root / "domainnet" / "clipart-40-classes"
    assert all((folder / path).stat().st_mtime_ns == time for path, time in inner.items()), "not written again"
    assert said(SOME) == expected


def refusal(data: DomainNet) -> str:
    with pytest.raises(DataError) as refused:
        data.fetch(QUIET)
    assert "\n" not in str(refused.value) and "clipart.zip answered 404" in str(refused.value)
    return str(refused.value)


@pytest.mark.slow
@pytest.mark.usefixtures("expected")
def test_what_the_hub_can_not_give_is_one_sentence(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    first = f"/{PARQUETS['train'][0].name}"
    assert "https://huggingface.co/datasets/wltjr1007/DomainNet answered 404" in refusal(SOME)
    serve_hub(server, "clipart")
    server.served[first].ranges = False
    assert "gives files as a whole only (it takes no Range)" in refusal(SOME)
    whole = server.served[first].content
    server.served[first] = Served(whole[: len(whole) // 2])
    assert "is no whole parquet file of images (" in refusal(SOME)
    server.served[first] = Served(whole[: len(whole) // 4] + bytes(20_000) + whole[len(whole) // 4 + 20_000 :])
    assert "is no whole parquet file of images (" in refusal(SOME)
    serve_hub(server, "sketch")
    assert "has 0 rows of the domain where the list names" in refusal(SOME)
    serve_hub(server, "clipart", group=10**6)
    monkeypatch.setattr(domainnet, "GROUPS", 1e-4)
    assert "has these images in groups of rows of" in refusal(SOME)


@pytest.mark.slow
@pytest.mark.usefixtures("expected")
@pytest.mark.parametrize(("names", "reason"), [(False, "in another order than the list"), (True, "under other names")])
def test_rows_that_are_not_those_of_the_list_are_refused(server: Server, names: bool, reason: str) -> None:
    """Without names the order must be the list's; with names these must be the list's."""
    serve_hub(server, "clipart", names=names)
    test = list(rows("clipart", "test"))
    other = [(path.replace("_test", "_best"), label, i) for path, label, i in test] if names else test[::-1]
    server.served[f"/{PARQUETS['test'][0].name}"] = Served(parquet(other, "test", names=names))
    assert reason in refusal(SOME)


@pytest.mark.slow
def test_whole_files_serve_every_cleaned_variant(
    server: Server, root: Path, expected: list[tuple[str, bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve_hub(server, *DOMAINS[:3])
    DomainNetParquet().fetch(QUIET)
    fetched = len(server.requests)
    for variant in ("cleaned", "126-classes"):
        data = DomainNet("clipart", variant, size=SIDE)
        data.fetch(QUIET)
        assert data_catalogue.available(data) == "yes"  # type: ignore[arg-type]
        for in_memory in (0, IN_MEMORY):
            monkeypatch.setattr(domainnet, "IN_MEMORY", in_memory)
            here = said(data)
            with monkeypatch.context() as other:
                other.setenv("MTL_BENCH_DATA", str(root / "of-archive"))
                assert said(data) == here
    assert said(SOME) == expected
    assert not [r for r in server.requests[fetched:] if not r.path.endswith(".txt") and r.method == "GET"]
    assert data_catalogue.available(DomainNet("clipart", "original")) == "no"  # type: ignore[arg-type]


def test_the_hub_has_the_cleaned_release_in_five_gigabyte_files() -> None:
    sizes = [file.size or 0 for file in DomainNetParquet().files]
    assert 18.4e9 < sum(sizes) < 18.6e9 and max(sizes) < 7.3e9
    assert "DomainNet" in DomainNetParquet().files[0].sources[0] and sum(ORIGINAL.values()) > 586_575
