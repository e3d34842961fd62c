"""The stacked bar: shares that add up, numbers as text, no style attributes."""

from django.template import Context, Template

from webapp.common.plots import Share, segments

SHARES = [Share("approved", 30, "approved", "/conversations/?status=approved"), Share("skipped", 0), Share("left", 1)]


def draw(arguments: str) -> str:
    return Template("{% load plots %}{% bar shares " + arguments + " %}").render(Context({"shares": SHARES}))


def test_the_segments_lie_side_by_side_and_fill_the_bar() -> None:
    drawn = segments(SHARES)
    assert [segment.share.label for segment in drawn] == ["approved", "left"]
    assert drawn[1].start == drawn[0].width
    assert round(sum(segment.width for segment in drawn), 2) == 100


def test_nothing_to_show_is_an_empty_bar() -> None:
    assert segments([Share("approved", 0)]) == []


def test_each_number_is_text_with_its_link() -> None:
    page = draw("'Conversations'")
    assert 'aria-label="Conversations: 30 approved, 1 left"' in page
    assert '<a href="/conversations/?status=approved"><strong>30</strong> approved</a>' in page
    assert "style=" not in page


def test_the_legend_can_be_left_out() -> None:
    assert "legend" not in draw("legend=False")
