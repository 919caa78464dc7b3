"""What checks the shapes and types in signatures while tests run (pyproject.toml names the packages)."""

from __future__ import annotations

from beartype import BeartypeConf, beartype

checked = beartype(conf=BeartypeConf(is_pep484_tower=True))  # an int is a float
