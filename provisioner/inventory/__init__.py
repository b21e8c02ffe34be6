"""From a plan to a static Ansible inventory, its secrets and the way to the collection."""
