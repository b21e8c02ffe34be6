"""Room of the provisioner; see the design of the tree in docs/en/architecture.md."""
