"""Placement, plan, digest and refusals. Pure: no file, clock, randomness or server."""
