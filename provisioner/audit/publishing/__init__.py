"""What municipalities and citizens are shown: the transparency site, and the clauses of a contract."""
