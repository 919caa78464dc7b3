"""The folder of studies as a package, wherever it lies and whatever it is called.

A study `<folder>/<name>.py`, or in several files `<folder>/<name>/__init__.py`, is `mtl_bench.loaded.<name>`: worker
processes, which inherit MTL_BENCH_STUDIES, find a trial class that it defines under the same name.
"""

from mtl_bench.workspace import places

# A module with a path is a package to `import`, but not to those who walk the packages of mtl_bench.
__path__ = [str(places().studies)]
