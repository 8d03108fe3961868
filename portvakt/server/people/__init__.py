"""Who may hold credentials, and which do they hold?"""
