"""A bundle for its readers: a council, a spreadsheet, other programs. Nothing here judges."""
