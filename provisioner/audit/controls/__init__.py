"""The consortium's policy as controls, and what judges them. Pure: parsed JSON in, findings out."""
