#!/usr/bin/python3
# SPDX-License-Identifier: AGPL-3.0-or-later
"""Ends when Keycloak answers: whoever started the unit may then ask it things. The unit's own limit ends the wait."""

import time
import urllib.request

READY = "http://127.0.0.1:9000/health/ready"
"""Only true of a server that has moved its tables and knows its realms."""

if __name__ == "__main__":
    while True:
        try:
            with urllib.request.urlopen(READY, timeout=5) as answer:
                if answer.status == 200:
                    break
        except OSError:
            time.sleep(0.3)
