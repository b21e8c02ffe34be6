"""Evidence that an auditor can check alone: what judges is pure, and runs without nuage as `verify.py`."""
