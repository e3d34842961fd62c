"""Users, their roles, and one-time links (log-in, invitation, new password)."""

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils import timezone


class Role(models.TextChoices):
    """What a user may do; each role may do all that the ones before it may."""

    VIEWER = "viewer", "Viewer"
    REVIEWER = "reviewer", "Reviewer"
    CURATOR = "curator", "Curator"
    ADMIN = "admin", "Administrator"

    @property
    def rank(self) -> int:
        return list(Role).index(self)


class User(AbstractUser):
    """Somebody who works with Winnow. The log-in name is `username`."""

    role = models.CharField(max_length=10, choices=Role.choices, default=Role.VIEWER)

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    @classmethod
    def name_is_taken(cls, username: str) -> bool:
        """Names that differ in capital letters only count as the same."""
        return cls.objects.filter(username__iexact=username).exists()

    def may(self, role: Role | str) -> bool:
        """True when the user is active and holds `role` or a higher one."""
        return self.is_active and Role(self.role).rank >= Role(role).rank

    def is_admin(self) -> bool:
        return self.may(Role.ADMIN)

    def may_curate(self) -> bool:
        return self.may(Role.CURATOR)

    def may_review(self) -> bool:
        return self.may(Role.REVIEWER)


class OneTimeLinkQuerySet(models.QuerySet["OneTimeLink"]):
    def usable(self) -> Self:
        """Not used, not expired, not revoked, and not for somebody who is deactivated."""
        return self.filter(used_at=None, expires_at__gt=timezone.now()).exclude(user__is_active=False)


class OneTimeLink(models.Model):
    """A link that works once: to log in, to accept an invitation, to set a new password. Only its hash is kept."""

    class Purpose(models.TextChoices):
        LOGIN = "login", "log in"
        INVITE = "invite", "invitation"
        RESET = "reset", "new password"

    token_hash = models.CharField(max_length=64, unique=True)
    purpose = models.CharField(max_length=10, choices=Purpose.choices)
    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="+")
    role = models.CharField(max_length=10, choices=Role.choices, default=Role.REVIEWER)
    note = models.CharField(max_length=150, default="", blank=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    objects: ClassVar[OneTimeLinkQuerySet] = OneTimeLinkQuerySet.as_manager()  # type: ignore[assignment]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()} ({self.created_at:%Y-%m-%d})"
