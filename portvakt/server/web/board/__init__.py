"""The Board: where operators administer an organisation."""
