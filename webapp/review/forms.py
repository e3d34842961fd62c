"""What people type when they make or change a queue."""

from collections.abc import Mapping
from functools import cached_property
from typing import Any

from django import forms
from django.http import QueryDict

from webapp.accounts.models import User
from webapp.common.errors import BadRequest
from webapp.conversations.filters import ConversationFilter
from webapp.conversations.naming import clean_name
from webapp.review.models import Queue
from webapp.review.queues import MOST_OVERLAP, MOST_SAMPLED, possible_assignees

MOST_NAME = 120
BIGGEST_SEED = 2**31 - 1


def _between(least: int, most: int) -> dict[str, str]:
    """What a field says about a number that it does not take."""
    words = f"Give a whole number from {least} to {most:,}."
    return {"min_value": words, "max_value": words, "invalid": words}


class People(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Reviewers, each with a box to check."""

    def label_from_instance(self, obj: User) -> str:
        return f"{obj.get_full_name()} ({obj.username})" if obj.get_full_name() else obj.username


class QueueForm(forms.Form):
    """What can be said about a queue at any time."""

    name = forms.CharField(max_length=MOST_NAME, label="Name")
    order = forms.ChoiceField(
        choices=Queue.Order.choices,
        initial=Queue.Order.OLDEST,
        label="Order",
        help_text="Of models: answers of chance and reference do not count.",
    )
    seed = forms.IntegerField(
        min_value=0,
        max_value=BIGGEST_SEED,
        initial=42,
        label="Seed",
        error_messages=_between(0, BIGGEST_SEED),
        help_text="Of the random order and of the sample: the same seed gives the same.",
    )
    overlap = forms.IntegerField(
        min_value=1,
        max_value=MOST_OVERLAP,
        initial=1,
        label="Reviewers for each conversation",
        error_messages=_between(1, MOST_OVERLAP),
        help_text="From 2 on they decide without seeing what others said, and where they differ one person decides.",
    )
    assignees = People(
        User.objects.none(), required=False, label="For", widget=forms.CheckboxSelectMultiple, help_text="None: all."
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["assignees"]
        assert isinstance(field, forms.ModelMultipleChoiceField)  # noqa: S101  (tells the types apart)
        field.queryset = User.objects.filter(pk__in=[user.pk for user in possible_assignees()]).order_by("username")

    def clean_name(self) -> str:
        """On one line, and nothing unseen in it."""
        name = clean_name(self.cleaned_data["name"], length=MOST_NAME)
        if not name:
            raise forms.ValidationError("Give the queue a name that can be seen.")
        return name

    @classmethod
    def showing(cls, queue: Queue) -> "QueueForm":
        """The form filled with a queue."""
        names = ("name", "order", "seed", "overlap")
        values: dict[str, Any] = {name: getattr(queue, name) for name in names}
        return cls(initial={**values, "assignees": [user.pk for user in queue.assignees.all()]})


class NewQueueForm(QueueForm):
    """A new queue, for a filter that the page was opened with."""

    query = forms.CharField(required=False, max_length=20_000, widget=forms.HiddenInput)
    only_unreviewed = forms.BooleanField(required=False, label="Only what nobody has decided about yet")
    sample = forms.IntegerField(
        required=False,
        min_value=1,
        max_value=MOST_SAMPLED,
        label="Sample",
        help_text="So many of them, drawn at random. Empty: all.",
        error_messages=_between(1, MOST_SAMPLED),
    )

    field_order = ("query", "only_unreviewed", "name", "order", "seed", "sample", "overlap", "assignees")

    @classmethod
    def opened_with(cls, query: str) -> "NewQueueForm":
        """The form as it is first shown for a filter."""
        form = cls(initial={"query": query, "only_unreviewed": True})
        form.initial["name"] = proposed_name(form.wanted)
        return form

    @cached_property
    def opened_filter(self) -> ConversationFilter | BadRequest:
        """The filter of the address, or why it cannot be used."""
        try:
            return ConversationFilter.from_query(QueryDict(str(self["query"].value() or "")))
        except BadRequest as error:
            return error

    @property
    def problem(self) -> str:
        """Why the filter cannot be used; empty for a good one."""
        return str(self.opened_filter) if isinstance(self.opened_filter, BadRequest) else ""

    @property
    def base(self) -> ConversationFilter:
        """The filter of the address; that of all conversations where it cannot be used."""
        return ConversationFilter() if isinstance(self.opened_filter, BadRequest) else self.opened_filter

    @property
    def has_status(self) -> bool:
        """Whether the filter itself says which statuses are meant."""
        return bool(self.base.status)

    @property
    def wanted(self) -> ConversationFilter:
        """The filter of the queue, as the form says now."""
        if self.has_status or not self["only_unreviewed"].value():
            return self.base
        return ConversationFilter.from_dict({**self.base.to_dict(), "status": ["unreviewed"]})

    def clean(self) -> dict[str, Any]:
        """Refuse a filter that cannot be used."""
        data: Mapping[str, Any] = super().clean() or self.cleaned_data
        if self.problem:
            self.add_error(None, self.problem)
        return dict(data)


def proposed_name(wanted: ConversationFilter) -> str:
    """The filter in words, with a number behind it where a queue is called so already."""
    words = wanted.describe()[:100]
    name = words[:1].upper() + words[1:]
    taken = set(Queue.objects.filter(name__startswith=name).values_list("name", flat=True))
    numbered = (f"{name} {number}" for number in range(2, len(taken) + 3))
    return name if name not in taken else next(one for one in numbered if one not in taken)
