"""How does the register become a notice that a person can read, the same bytes each time?"""
