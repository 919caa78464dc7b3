"""The study of DomainNet from its archives to its page, on a local server with lists and archives of the real shape."""

from __future__ import annotations

import json
import subprocess
import sys
from itertools import permutations
from pathlib import Path

import pytest

from mtl_bench.datasets.domainnet_lists import CLASSES_40
from tests.datasets.command import wait_for
from tests.datasets.domainnet_like import SPLITS, serve
from tests.datasets.domainnet_study import DOMAINS, amount
from tests.datasets.faulty_server import Server
from tests.studies import ROOT, Desk

ONE_SEED = ("run", "domainnet", "--seeds", "1", "--slots", "1", "--device", "cpu")
METHODS = ["no adaptation", "DAN", "DANN, 1024-1024", "JAN", "CDAN", "MDD"]


def records(desk: Desk) -> dict[Path, int]:
    return {path: path.stat().st_mtime_ns for path in (desk.folder / "store").glob("*/*/record.json")}


@pytest.mark.slow
def test_it_goes_from_archives_to_a_page_though_a_download_is_cut_and_a_run_is_killed(
    server: Server, root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    serve(server, monkeypatch, *DOMAINS, amount=amount)
    server.served["/sketch.zip"].cuts = [500, 3_000]
    desk = Desk(tmp_path)
    environment = desk.environment(MTL_BENCH_STUDIES=str(ROOT / "benchmarks"), DOMAINNET_URL=server.url)
    environment["MTL_BENCH_DATA"] = str(root)
    only = [word for domain in DOMAINS for end in ("source", "target") for word in ("--only", f"{end}={domain}")]

    def start() -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "tests.datasets.domainnet_study", *ONE_SEED, *only]
        return subprocess.Popen(
            command, cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    killed = start()
    try:
        wait_for(lambda: bool(records(desk)) or killed.poll() is not None, seconds=600)
    finally:
        killed.kill()
    told = killed.communicate()
    done, requests = records(desk), len(server.requests)
    assert done, told
    assert not server.served["/sketch.zip"].cuts, "the download was cut"

    out, err = start().communicate(timeout=1500)
    assert out.splitlines()[-1:] == ["reports/domainnet.laptop.html"], f"{out}\n{err}"
    assert len(server.requests) == requests, "what was fetched is kept"
    assert records(desk).items() >= done.items(), "what was computed is kept"

    rows = desk.rows("domainnet.laptop")
    found = [(row["source"], row["target"], row["method"]) for row in rows]
    assert sorted(found) == sorted((*pair, method) for pair in permutations(DOMAINS, 2) for method in METHODS)
    tested = amount(CLASSES_40[0], "test") * len(CLASSES_40)
    right = [float(row["value"]) * tested / 100 for row in rows]
    assert right == pytest.approx([round(one) for one in right], abs=1e-3), "of the official test list"
    metrics = [json.loads(path.read_text(encoding="utf-8"))["metrics"] for path in records(desk)]
    features = [one for one in metrics if "width" in one]
    assert features == [{"rows": sum(amount(CLASSES_40[0], split) for split in SPLITS) * 40, "width": 1280}] * 2
    text = (tmp_path / "reports" / "domainnet.laptop.md").read_text(encoding="utf-8")
    assert "DomainNet: six styles of the same things" in text and "not judged" in text
