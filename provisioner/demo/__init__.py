"""`make demo`: three real municipalities, from request to running services, by the commands a person would type."""
