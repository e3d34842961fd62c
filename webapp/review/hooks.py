"""What queues do when conversations are deleted for good, in the places that conversations keep for it."""

from webapp.conversations.hooks import HOLDS_HOOKS, PURGE_HOOKS
from webapp.review.purged import forget, told_of_source

PURGE_HOOKS.append(forget)
HOLDS_HOOKS.append(told_of_source)
