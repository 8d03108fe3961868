"""What does Django need to know of accounts?"""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """Names the app and hears of sign-ins."""

    name = "portvakt.server.accounts"
    label = "accounts"

    def ready(self) -> None:
        """Hear of sign-ins: the library's signal is the one place that every way of signing in passes."""
        from allauth.account.signals import user_logged_in

        from portvakt.server.accounts.sign_in import on_signed_in

        user_logged_in.connect(on_signed_in)
