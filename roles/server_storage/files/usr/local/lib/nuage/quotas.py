#!/usr/bin/python3
"""Has Btrfs count anew what each quota group holds when its counts are no longer right: quotas.py FOLDER

They go wrong when a large snapshot is deleted, or when the volume was written to without them; Btrfs notes it, and goes
on with wrong ones. Below zero they are beyond any limit: PostgreSQL can't even start then. Counting begins at once from
nothing, and goes on beside the rest.
"""

import os
import subprocess
import sys

WRONG, COUNTING = "data inconsistent", "rescan is running"


def main() -> int:
    """Once; before the databases start, and by a timer."""
    volume = sys.argv[1]
    environment = os.environ | {"LC_ALL": "C"}
    said = subprocess.run(
        ["btrfs", "qgroup", "show", volume], env=environment, check=True, capture_output=True, text=True
    ).stderr
    if WRONG in said and COUNTING not in said:
        subprocess.run(["btrfs", "quota", "rescan", volume], check=True, stdout=subprocess.DEVNULL)
        sys.stdout.write(f"{volume}: the counts of its quotas were wrong; they are made anew\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
