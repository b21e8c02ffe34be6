"""The specs: typed models, text in, models out; no file access."""
