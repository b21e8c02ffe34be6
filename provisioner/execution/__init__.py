"""ansible-runner, its events and the progress of a run; the only place that starts Ansible."""
