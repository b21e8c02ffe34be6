"""Municipalities of a server that is gone for good, brought back elsewhere from their copies."""
