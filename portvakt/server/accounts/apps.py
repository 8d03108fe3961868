"""What does Django need to know of accounts?"""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Names the app."""

    name = "portvakt.server.accounts"
    label = "accounts"
