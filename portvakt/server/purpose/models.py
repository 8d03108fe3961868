"""Which versions of the register have there been, and which one is enforced?"""

from django.db import models

from portvakt.core.privacy import NotPersonal


class RegisterVersion(models.Model):
    """The register as it was published once, whole; it never changes but for when it came into force.

    What a newer version changes to the disadvantage of those whom it concerns stays as it was, in the database too, until they have been
    told (GDPR 13(3), 14(4)); `in_force_at` is null that long, and `held` names the activities.
    """

    privacy = NotPersonal("says what is processed, not about whom")
    # Whoever manages it may say that people have been told, and nothing else: versions are written by `portvakt rights --apply` alone.
    managed = {"update": ("in_force_at",)}

    number = models.PositiveIntegerField(primary_key=True)
    # Not unique: a register may become again what it was.
    digest = models.CharField(max_length=64)
    content = models.BinaryField()
    published_at = models.DateTimeField()
    # From when on it may be enforced, because everybody has been told.
    in_force_at = models.DateTimeField(null=True)
    # From when on the database gives its rights; until then what was enforced before is, so that processes can still start.
    granted_at = models.DateTimeField(null=True)
    held = models.JSONField(default=list)
    # Why nobody needed to be told, where somebody said so.
    not_told = models.CharField(max_length=300, blank=True)

    def __str__(self) -> str:
        return str(self.number)
