"""A municipality that takes its things with it: exports, receipts, and what is destroyed afterwards (ADR 18)."""
