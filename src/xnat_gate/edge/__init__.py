"""One module per outside thing; each outside library has one door here, and edges do not know each other."""
