"""Real Debian test hosts on one machine: systemd-nspawn, network namespaces, their own mirror and authority."""
