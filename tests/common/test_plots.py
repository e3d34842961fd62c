"""The stacked bar: shares that add up, numbers as text, no style attributes."""

import pytest
from django.template import Context, Template

from webapp.common.plots import Share, Whisker, columns, segments, whisker

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


def tag(text: str, **context: object) -> str:
    return Template("{% load plots %}" + text).render(Context(context))


def test_a_whisker_lies_on_its_scale() -> None:
    assert whisker(0.5, 0.4, 0.7, reference=0.25) == Whisker(50, 40, 30, 25)
    assert whisker(0, -0.1, 0.3, start=-0.2, end=0.2, reference=0) == Whisker(50, 25, 75, 50)


def test_a_whisker_without_a_value_draws_none() -> None:
    assert whisker(None, None, None, reference=0.5) == Whisker(None, reference=50)
    assert "whisker-value" not in tag('{% whisker "none" None None None %}')


def test_a_value_without_an_interval_is_a_point() -> None:
    assert whisker(0.5, None, None) == Whisker(50, 50, 0)
    drawn = tag('{% whisker "half" 0.5 one.low one.high %}', one=None)
    assert "whisker-value" in drawn
    assert "whisker-range" not in drawn


def test_a_whisker_says_its_words() -> None:
    drawn = tag('{% whisker "law: 61.0 %" 0.61 0.5 0.7 %}')
    assert 'aria-label="law: 61.0 %"' in drawn
    assert 'class="whisker-value" x="60.30"' in drawn
    assert "style=" not in drawn


def test_columns_fill_the_width_and_none_that_holds_something_vanishes() -> None:
    drawn = columns([(0, 10, 1000), (10, 20, 1), (20, 30, 0), (30, None, 500)])
    assert [column.start for column in drawn] == [0, 25, 50, 75]
    assert [column.height for column in drawn] == [100, 1.5, 0, 50]


def test_a_histogram_has_its_numbers_as_a_table() -> None:
    page = tag('{% histogram bins "Tokens" "tokens" %}', bins=[(0, 10, 1200), (10, None, 3)])
    assert "0 to below 10" in page
    assert '<td class="number" data-label="How many">1,200</td>' in page
    assert "10 and more" in page


def test_an_empty_histogram_says_so() -> None:
    assert "No numbers" in tag('{% histogram bins "Tokens" %}', bins=[])


def test_two_bars_share_one_scale() -> None:
    drawn = tag('{% paired_bars 10 40 80 "10 and 40" %}')
    assert 'width="12.5"' in drawn
    assert 'width="50.0"' in drawn
    assert tag('{% paired_bars 0 0 0 "none" %}').count('width="0"') == 2


@pytest.mark.parametrize(
    ("difference", "words"), [(0.031, "+3.1"), (-0.0312, "−3.1"), (0.0002, "0.0"), (-0.0002, "0.0"), (None, "–")]
)
def test_a_difference_has_its_sign(difference: float | None, words: str) -> None:
    assert tag("{{ value|points }}", value=difference) == words


def test_a_share_is_shown_in_percent() -> None:
    assert [tag("{{ value|percent }}", value=value) for value in (0.6134, 1.0, None)] == ["61.3 %", "100.0 %", "–"]
