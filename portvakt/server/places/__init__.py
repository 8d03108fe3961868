"""Which sites, doors, controllers and readers are there?"""
