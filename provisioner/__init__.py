"""nuage-commun: specs of municipalities in, running services on shared servers out."""

__version__ = "0.1.0"
