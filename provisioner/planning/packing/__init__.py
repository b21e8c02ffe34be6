"""Two-dimensional vector packing: which kinds of items go into which rooms, on as few new rooms as possible.

Items that ask for the same and may go to the same rooms are one *kind* with a count, so that a thousand
municipalities of four sizes cost four candidates per choice.
"""

from provisioner.planning.packing.problem import Kind, Load, Outcome, Room
from provisioner.planning.packing.search import pack

__all__ = ["Kind", "Load", "Outcome", "Room", "pack"]
