"""A municipality that arrives with accounts from elsewhere: its spec names their source for a while."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from provisioner.inventory import given
from tests.deployed import PROGRAMS, Deployment, Site
from tests.infra.sampling import ProcessSampler

LOOK = """
cat > /run/nuage-test-secret
count() { grep --count --fixed-strings --file=/run/nuage-test-secret || true; }
[ "$(journalctl --no-pager --output=cat | count)" = 0 ] || echo journal
[ "$(runuser -u postgres -- pg_dump keycloak | count)" = 0 ] || echo database
rm /run/nuage-test-secret
"""


@contextmanager
def arriving(deployment: Deployment, town: Site, name: str, secret: str, **identity: Any) -> Iterator[None]:
    """Deployed with this source and its secret, which no command line shows; afterwards as it was before."""
    command = [PROGRAMS / "nuage", "secrets", "set", town.slug, name]
    subprocess.run(command, env=deployment.environment, input=secret, text=True, check=True)
    try:
        deployment.change(town, services={**town.services, "identity": identity})
        with ProcessSampler() as sampler:
            done = deployment.apply("--only", town.slug)
        assert done["hosts"][f"{town.code}-identity"]["outcome"] == "changed", done
        assert sampler.samples
        assert not [seen for seen in sampler.seen if secret in seen]
        yield
    finally:
        leave(deployment, town)
        (deployment.folder / given.path(town.code, name)).unlink()


def leave(deployment: Deployment, town: Site) -> None:
    """The spec without a source, deployed with the consent that a directory's people are deleted."""
    deployment.change(town, services=town.services)
    deployment.apply("--only", town.slug, "--consent-people", town.code)


def traces(deployment: Deployment, secret: str) -> list[str]:
    """Where a secret is that must not be: what the control machine keeps, the server's journal and its databases."""
    folders = [deployment.folder / name for name in ("runs", "build", "tenants", "secrets")]
    kept = [path for folder in folders for path in folder.rglob("*") if path.is_file()]
    found = [str(path) for path in kept if secret.encode() in path.read_bytes()]
    return found + deployment.sh(LOOK, body=secret.encode()).split()
