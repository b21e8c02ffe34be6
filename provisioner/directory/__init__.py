"""The Répertoire des municipalités du Québec: import, look-up, names to slugs."""
