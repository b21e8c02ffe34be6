"""Requests of municipalities: the form, the import of many, and the states a municipality goes through."""
