"""Plans, runs, drift, status and verdicts as text and JSON; no decisions."""
