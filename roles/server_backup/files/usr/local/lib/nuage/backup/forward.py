# SPDX-License-Identifier: AGPL-3.0-or-later
"""Who still comes to the old address is passed on to the new one, until names lead there: nginx to nginx, over TLS."""

from __future__ import annotations

from pathlib import Path

from settings import BackupError, run, write

TRUSTED = Path("/etc/nginx/nuage-forwarded.d")
"""By municipality: the server whose word for a visitor's address is taken, by that municipality's doors alone."""
RULES = Path("/etc/nftables.d/tenants/web.nft")
ACME = "include /etc/nginx/nuage-snippets/acme.conf;"
PUBLIC = "/etc/ssl/certs/ca-certificates.crt"
CHALLENGES = """location ^~ /.well-known/acme-challenge/ {{
        proxy_pass http://{address}:80;
        proxy_set_header Host $host;
    }}"""
DOOR = """
    location / {{
        client_max_body_size 0;
        proxy_pass https://{address}:443;
        proxy_http_version 1.1;
        proxy_set_header Connection "";
        proxy_set_header Host $host;
        proxy_set_header X-Forwarded-For $remote_addr;
        proxy_ssl_server_name on;
        proxy_ssl_name $host;
        proxy_ssl_verify on;
        proxy_ssl_verify_depth 4;
        proxy_ssl_trusted_certificate {root};
        proxy_request_buffering off;
        proxy_buffering off;
        proxy_connect_timeout 10s;
        proxy_read_timeout 3600s;
        # What the other server answers is passed on as it is.
        error_page 502 504 =503 @notice;
    }}
"""
CHAIN = """#!/usr/sbin/nft -f
# nuage move: nginx may reach the servers that municipalities went to.
table inet nuage {{
    map program_chains {{
        type uid : verdict
    }}
    chain web_forward {{}}
}}
flush chain inet nuage web_forward
table inet nuage {{
    chain web_forward {{
{rules}
        counter name output_refused
        meta l4proto tcp reject with tcp reset
        reject with icmpx admin-prohibited
    }}
}}
add element inet nuage program_chains {{ "www-data" : goto web_forward }}
"""
NONE = """delete element inet nuage program_chains { "www-data" }
flush chain inet nuage web_forward
delete chain inet nuage web_forward
"""


def root_of(kept, text):
    """Path of what the other server's certificate is checked with."""
    if not text:
        return PUBLIC
    if "-----BEGIN CERTIFICATE-----" not in text:
        raise BackupError("moving.failed", "no certificate of an authority came")
    write(kept / "authority.pem", text, 0o600)
    return str(kept / "authority.pem")


def door(head, notice, address, root):
    """A vhost whose requests are passed on; ``head`` is how it begins, ``notice`` what is shown where that fails."""
    shown = f"[{address}]" if ":" in address else address
    head = head.replace(ACME, CHALLENGES.format(address=shown), 1)
    return f"{head}\n{DOOR.format(address=shown, root=root)}{notice}}}\n"


def reach(addresses):
    """Let nginx reach these servers, and none other that is away."""
    if addresses:
        rules = "\n".join(
            f"        {'ip6' if ':' in each else 'ip'} daddr {each} tcp dport {{ 80, 443 }} accept"
            for each in sorted(addresses)
        )
        write(RULES, CHAIN.format(rules=rules), 0o644)
        run(["nft", "--file", RULES], "moving.door-failed", timeout=60)
    elif RULES.exists():
        run(["nft", "--file", "-"], "moving.door-failed", stdin=NONE, timeout=60)
        RULES.unlink()


def trust(code, address):
    """Whose word for a visitor's address is taken; nobody's where it is empty."""
    path = TRUSTED / f"{code}.conf"
    if address:
        TRUSTED.mkdir(mode=0o755, exist_ok=True)
        write(path, f"set_real_ip_from {address};\nreal_ip_header X-Forwarded-For;\n", 0o644)
    else:
        path.unlink(missing_ok=True)
