"""Which release of Nextcloud each municipality has, and going over to another one, ring by ring (ADR 16)."""
