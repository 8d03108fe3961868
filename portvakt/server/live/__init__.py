"""How does an open page learn that something happened?"""
