"""The preview shows the counts and the first lines that the export then writes."""

from typing import Any

import pytest
from django.utils import timezone

from tests.factories import chat, make_conversation
from tests.mixtures.helpers import approved, lines_in, make_export, make_mixture, manifest_of, of_source, part
from webapp.conversations.models import Source, Status
from webapp.mixtures import building
from webapp.mixtures.building import look_over
from webapp.mixtures.models import Mixture
from webapp.mixtures.recipes import Recipe

pytestmark = pytest.mark.django_db


def overview_of(mixture: Mixture) -> building.Overview:
    return look_over(Recipe.from_dict(mixture.recipe))


@pytest.fixture
def mixed(sources: list[Source]) -> list[Source]:
    """With a format issue, a system message and tool parts in between."""
    make_conversation(sources[0], chat("alone"), status=Status.APPROVED, issues=",one_message,")
    approved(sources[0], [{"role": "system", "content": "Ja."}, *chat("Was?", "Das.")])
    parts = [{"type": "python", "text": "1+1"}, {"type": "python_output", "text": "2"}]
    approved(sources[1], [{"role": "user", "content": "1+1?"}, {"role": "assistant", "content": parts}])
    return sources


@pytest.mark.parametrize("order", ["mixture", "sequence"])
@pytest.mark.parametrize("lowering", [{}, {"system": "drop_example"}, {"tools": "drop_example"}])
def test_the_preview_is_what_the_export_writes(mixed: list[Source], order: str, lowering: dict[str, Any]) -> None:
    parts = (of_source(mixed[0], repeats=2), part(start=1, stop=-2, step=2), of_source(mixed[1]))
    mixture = make_mixture(*parts, order=order, lowering=lowering)
    overview = overview_of(mixture)
    export = make_export(mixture)
    assert overview.exact
    assert overview.lines == export.lines
    assert [example.messages for example in overview.examples] == lines_in(export.path())[:20]
    counts = [(part.rows, part.taken, part.kept, part.lines) for part in overview.components]
    names = ("rows", "rows_in_slice", "conversations", "lines")
    assert counts == [tuple(found[name] for name in names) for found in manifest_of(export)["components"]]
    assert sum(part.share for part in overview.components) == pytest.approx(1)


def test_what_will_be_lowered_and_dropped_is_counted(mixed: list[Source]) -> None:
    (counts,) = overview_of(make_mixture(part())).components
    assert (counts.with_issue, counts.with_system, counts.with_tools, counts.dropped) == (1, 1, 1, 1)


def test_the_preview_says_where_it_cannot_be_sure(mixed: list[Source]) -> None:
    overview = overview_of(make_mixture(of_source(mixed[1]), order="sequence", lowering={"tools": "text_only"}))
    assert not overview.exact
    assert [bool(example.dropped) for example in overview.examples] == [False, False, False, True]


def test_a_deleted_source_counts_as_empty(sources: list[Source]) -> None:
    mixture = make_mixture(of_source(sources[0]), of_source(sources[1]))
    Source.objects.filter(pk=sources[0].pk).update(deleted_at=timezone.now())
    first, second = overview_of(mixture).components
    assert (first.lines, first.missing_sources, second.lines, second.missing_sources) == (0, 1, 3, 0)


def test_nothing_found_is_an_empty_preview(sources: list[Source]) -> None:
    overview = overview_of(make_mixture(part({"status": ["rejected"]})))
    assert (overview.lines, overview.examples) == (0, [])


def test_too_many_lines_are_counted_but_not_shuffled(sources: list[Source], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(building, "PREVIEW_LINES", 20)
    overview = overview_of(make_mixture(part(repeats=2)))
    assert (overview.too_long, overview.lines, overview.examples) == (True, 30, [])
