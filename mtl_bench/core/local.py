"""Local workers: one long-lived, single-threaded process per slot."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from concurrent.futures import Future
from multiprocessing import resource_tracker
from multiprocessing.context import ForkServerContext
from multiprocessing.process import BaseProcess
from typing import Any

from pebble import ProcessExpired, ProcessPool

from mtl_bench.core.store import Store
from mtl_bench.core.trial import Trial

# One thread a process beats two threads in one; threads that spin while they wait cost up to 25 times the CPU.
ONE_THREAD = {
    "OMP_NUM_THREADS": "1",
    "MKL_NUM_THREADS": "1",
    "OPENBLAS_NUM_THREADS": "1",
    "OMP_WAIT_POLICY": "passive",
    "GOMP_SPINCOUNT": "0",
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",  # CUDA's condition for deterministic matrix macs
}
PRELOADED = ["torch", "torch._dynamo"]  # the latter comes with the first optimizer


def _follow(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)


def _start_worker(environ: dict[str, str]) -> None:
    """With the parent's environment of now: the process that it is forked from may have been started under another."""
    os.environ.clear()
    os.environ.update(environ)
    threading.Thread(target=_follow, args=(multiprocessing.parent_process(),), daemon=True).start()


class _Forked(ForkServerContext):
    """Its locks last as long as it does: pebble lets go of them before it stops a worker that has yet to read them."""

    def __init__(self) -> None:
        self.kept: list[Any] = []

    def RLock(self) -> Any:  # noqa: N802  # the name in multiprocessing
        self.kept.append(super().RLock())
        return self.kept[-1]


class LocalExecutor:
    """Runs trials in `slots` processes; a killed one costs its own trial only.

    On Linux they are forked from a process that has imported PyTorch and nothing else, which saves each of them five
    seconds; elsewhere, where forking is not safe beside the system's own libraries, they are spawned.
    """

    def __init__(self, store: Store, device: str = "cpu", slots: int | None = None) -> None:
        self.store, self.device = store, device
        self.slots = slots or os.cpu_count() or 1
        os.environ.update(ONE_THREAD)  # workers inherit it before they import torch
        resource_tracker.ensure_running()  # started later, it would undo the mask below
        self.pool = self._pool()

    def _pool(self) -> ProcessPool:
        context = _Forked() if sys.platform == "linux" else multiprocessing.get_context("spawn")
        context.set_forkserver_preload(PRELOADED)
        return ProcessPool(self.slots, initializer=_start_worker, initargs=[dict(os.environ)], context=context)

    def submit(self, trial: Trial) -> Future[Any]:
        # Ctrl-C reaches every process of the terminal but is the parent's to handle, and a worker that is still
        # starting would die of it: the pool's threads start here, and they and their processes inherit the mask.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            if not self.pool.active:  # pebble gives up when a worker is killed before its first trial
                self.close()
                self.pool = self._pool()
            future: Future[Any] = self.pool.schedule(self.store.compute, args=(trial, self.device))
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return future

    def explain(self, error: BaseException) -> str:
        """What ended a trial, in one line with the remedy where there is one."""
        if isinstance(error, ProcessExpired):
            return (
                f"its worker was killed (exit code {error.exitcode}); out of memory is the usual cause: try --slots 1"
            )
        return f"{type(error).__name__}: {error}"

    def close(self) -> None:
        """Stop at once; what the workers were computing resumes from its last checkpoint."""
        self.pool.stop()
        self.pool.join()
