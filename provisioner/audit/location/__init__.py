"""Where a server's key answers from: measured, judged on the ellipsoid, and said with what it does not prove."""
