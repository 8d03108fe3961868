"""What do the data protection officer and the provider's staff work with?"""
