"""What our own programs get of a server when they run in a municipality's sandbox."""

import pytest
from ansible_collections.nuage_commun.platform.plugins.module_utils import sandbox
from ansible_collections.nuage_commun.platform.plugins.module_utils.programs import ProgramError

UNIT = """\
# Managed
[Unit]
Description=Scheduled work of %i
After=mariadb.service
Wants=nuage-redis@%i.service

[Service]
Type=oneshot
User=t%i
# A remark=with an equals sign
Slice=nuage-%i.slice
EnvironmentFile=/etc/nuage/wordpress/%i.env
ExecStart=/usr/bin/php /usr/share/wordpress/wp-cron.php
TimeoutStartSec=10min
BindPaths=/srv/tenants/t%i/tmp:/tmp /srv/tenants/t%i/tmp:/var/tmp
SystemCallFilter=@system-service
SystemCallFilter=~@privileged

[Install]
WantedBy=timers.target
"""


def test_the_reconciler_gets_the_sandbox_of_the_scheduled_work() -> None:
    assert sandbox.properties(UNIT, "46005") == [
        "--property=After=mariadb.service",
        "--property=Wants=nuage-redis@46005.service",
        "--property=User=t46005",
        "--property=Slice=nuage-46005.slice",
        "--property=BindPaths=/srv/tenants/t46005/tmp:/tmp /srv/tenants/t46005/tmp:/var/tmp",
        "--property=SystemCallFilter=@system-service",
        "--property=SystemCallFilter=~@privileged",
    ]


def test_without_a_user_nothing_runs() -> None:
    with pytest.raises(ProgramError):
        sandbox.properties(UNIT.replace("User=t%i\n", ""), "46005")
