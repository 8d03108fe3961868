"""What does a person see who may open doors, and what can they ask for?"""
