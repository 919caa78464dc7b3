"""What papers printed: one CSV per paper in the paper's own words, and where each number was seen. README.md says how.

`paper("ganin2016").table("Table 2", {"DANN": "DANN"}, …)` gives a study its published numbers, under its own labels.
"""

from mtl_bench.published.papers import Paper, Where, addresses, paper

__all__ = ["Paper", "Where", "addresses", "paper"]
