"""How long our work takes beside other libraries': `python -m speed`. Nothing that users install imports it."""
