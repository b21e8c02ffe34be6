"""`make demo`: three real municipalities, from request to running website, by the commands a person would type."""
