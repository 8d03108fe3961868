"""How do controllers reach the server?"""
