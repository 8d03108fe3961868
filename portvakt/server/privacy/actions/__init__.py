"""What changes in the records of rights, and what leaves the platform?"""

from portvakt.server.privacy.actions.disclosing import About, disclose
from portvakt.server.privacy.actions.sending import send_mail

__all__ = ("About", "disclose", "send_mail")
