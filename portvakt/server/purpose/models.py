"""Which versions of the register have there been, and which one is enforced?"""

from django.db import models

from portvakt.core.privacy import NotPersonal


class RegisterVersion(models.Model):
    """The register as it was published once, whole; it never changes but for when it came into force.

    What a newer version changes to the disadvantage of those whom it concerns stays as it was, in the database too, until they have been
    told (GDPR 13(3), 14(4)); `in_force_at` is null that long, and `held` names the activities.
    """

    privacy = NotPersonal("says what is processed, not about whom")

    number = models.PositiveIntegerField(primary_key=True)
    digest = models.CharField(max_length=64, unique=True)
    content = models.BinaryField()
    published_at = models.DateTimeField()
    in_force_at = models.DateTimeField(null=True)
    held = models.JSONField(default=list)

    def __str__(self) -> str:
        return str(self.number)
