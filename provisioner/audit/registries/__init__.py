"""Copies of the Internet's registries from files that somebody downloaded: who holds an address, by their records."""
