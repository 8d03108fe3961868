"""Who may pass which door, when and how?"""
