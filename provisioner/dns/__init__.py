"""The records that a municipality must create for its sites, and whether they are there."""
