"""Which private addresses may be called here, by the settings."""

from django.conf import settings

from webapp.evals.addresses import AddressPolicy


def current_policy() -> AddressPolicy:
    """What an administrator has allowed; a plain value that can be handed to other threads."""
    return AddressPolicy(frozenset(settings.ENDPOINT_ADDRESSES), settings.ENDPOINT_LOOPBACK)
