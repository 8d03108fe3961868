"""What does the provider do as data controller of its own: orders, enquiries and mailings? Nothing here knows persons, doors or the log."""
