"""Municipalities that go from one server to another, with all that they have (ADR 17)."""
