"""The link's messages as Python, made from proto/ by bin/setup."""
