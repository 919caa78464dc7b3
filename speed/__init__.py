"""How long our work takes beside other libraries': `mtl-bench speed`. Nothing but the command line imports it."""
