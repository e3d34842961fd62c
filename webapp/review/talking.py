"""Where comments hang into the pages, the edits and the deletions of conversations."""

from webapp.conversations.hooks import HOLDS_HOOKS, TEXT_CHANGED_HOOKS
from webapp.conversations.marks import register_turn_marks
from webapp.review.comments import carry_comments, marks_on_turns, told_of_source

TEXT_CHANGED_HOOKS.append(carry_comments)
HOLDS_HOOKS.append(told_of_source)
register_turn_marks(marks_on_turns)
