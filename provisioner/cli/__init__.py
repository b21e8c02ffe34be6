"""The `nuage` command: one file per subcommand, each parses, makes one call, renders and exits."""
