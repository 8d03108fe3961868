"""For which purpose may which data be touched, by whom? The lowest layer of the server: everything goes through it."""
