"""The folders of studies as one package, wherever they lie and whatever they are called: the shipped ones, one's own.

A study `<folder>/<name>.py`, or in several files `<folder>/<name>/__init__.py`, is `mtl_bench.loaded.<name>`: worker
processes, which inherit MTL_BENCH_STUDIES and the current folder, find a trial class of it under the same name.
"""

from mtl_bench.workspace import places

# A module with a path is a package to `import`, but not to those who walk the packages of mtl_bench.
__path__ = [str(folder) for folder in places().studies]
