"""A command on a store, for tests that kill it: python -m tests.core.command STORE LOG SLOTS NAME…

Each NAME is a trial: "a" counts, "a<b" counts and needs b, "wait:a" waits for the file LOG.release,
"steps:a" counts ten steps and waits in their middle, "fill:4" writes four mebibytes.
"""

from __future__ import annotations

import sys
from pathlib import Path

from mtl_bench.core.local import LocalExecutor
from mtl_bench.core.runner import run
from mtl_bench.core.store import Store, StoreError
from mtl_bench.core.trial import Trial
from tests.core.fakes import Count, Fill, Steps, Wait


def trial(name: str, log: str) -> Trial:
    if "<" in name:
        dependent, _, needed = name.partition("<")
        return Count(dependent, needs=(trial(needed, log),), log=log)
    kind, _, rest = name.rpartition(":")
    started, release = f"{log}.started-{rest}", f"{log}.release"
    match kind:
        case "wait":
            return Wait(rest, started, release, log)
        case "steps":
            return Steps(rest, 10, started, release, log)
        case "fill":
            return Fill(float(rest))
        case _:
            return Count(rest, log=log)


def main() -> int:
    root, log, slots, *names = sys.argv[1:]
    store = Store(Path(root))
    executor = LocalExecutor(store, slots=int(slots))
    try:
        reasons = run(
            [trial(name, log) for name in names],
            store,
            executor,
            watch=lambda event, one: print(event, getattr(one, "name", "")),
        )
    except StoreError as error:
        print(error, file=sys.stderr)
        return 1
    finally:
        executor.close()
    for key, reason in reasons.items():
        print(key, reason, file=sys.stderr)
    return bool(reasons)


if __name__ == "__main__":
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    sys.exit(main())
