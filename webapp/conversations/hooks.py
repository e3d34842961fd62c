"""What has to follow when conversations are imported, when their text changes, and when they are deleted for good."""

from collections.abc import Callable, Sequence

from webapp.conversations.models import Source

TextChanged = Callable[[int, str, str], None]
TextsChanged = Callable[[Sequence[tuple[int, str, str]]], None]
Purged = Callable[[Source, Sequence[int]], None]
Imported = Callable[[Source], None]
Holds = Callable[[Source], str]

# Each is called in the transaction that ends an import, with the source as far as it was filled; maybe more than once.
IMPORTED_HOOKS: list[Imported] = []

# Each is called in the transaction of the change with the conversation's id, its stored text before and after.
TEXT_CHANGED_HOOKS: list[TextChanged] = []

# The same for who can follow many changes at once: each is called with a list of what the others get one by one.
TEXTS_CHANGED_HOOKS: list[TextsChanged] = []

# Each is called in the transaction that deletes conversations of a source, with their ids, before the rows are gone.
PURGE_HOOKS: list[Purged] = []

# Each says in a sentence what else is lost with a source, "" for nothing; read before somebody deletes it.
HOLDS_HOOKS: list[Holds] = []


def text_changed(conversation_id: int, old: str, new: str) -> None:
    """Tell everybody who keeps something beside the text, such as the search index."""
    texts_changed([(conversation_id, old, new)])


def texts_changed(changes: Sequence[tuple[int, str, str]]) -> None:
    """The same for many conversations: (id, stored text before, after)."""
    for hook in TEXTS_CHANGED_HOOKS:
        hook(changes)
    for one in TEXT_CHANGED_HOOKS:
        for change in changes:
            one(*change)


def before_purge(source: Source, conversation_ids: Sequence[int]) -> None:
    """Tell everybody who keeps something beside the text that these conversations are about to be deleted."""
    for hook in PURGE_HOOKS:
        hook(source, conversation_ids)


def imported(source: Source) -> None:
    """Tell everybody who works on new conversations that an import has ended."""
    for hook in IMPORTED_HOOKS:
        hook(source)


def also_lost_with(source: Source) -> list[str]:
    """What deleting the source takes from others, as sentences."""
    return [sentence for hook in HOLDS_HOOKS if (sentence := hook(source))]
