"""Parts of plans that several studies share."""
