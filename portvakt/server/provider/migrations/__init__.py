"""Which tables did this app have, and how did they change?"""
