"""People of a municipality: files of them in, checked persons out."""
