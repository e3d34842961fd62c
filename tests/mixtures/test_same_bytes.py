"""The same data and recipe give the same bytes: on SQLite, on PostgreSQL, now and later."""

import pytest

from tests.factories import chat, make_source
from tests.mixtures.helpers import approved, make_export, make_mixture, manifest_of, of_source, part
from webapp.conversations.models import Source

pytestmark = pytest.mark.django_db

FILE = "4d7d067190415cb0e81bb0ed967a506187924113a49a46d65993deb4f91b97b0"
REVISIONS = "a679e75f5f01ffb29a197d3c6d5dd690e740ad54074a7e065a9ecf6ab1bae604"


@pytest.fixture
def data() -> list[Source]:
    made = [make_source(name) for name in ("gamma", "Beta", "älpha")]
    for source in made:
        for number in range(40):
            approved(
                source, chat(f"{source.name} – {number} “why”?", f"because\u2028{number}\n\t<tag> 😀 {'x' * number}")
            )
        approved(source, [{"role": "system", "content": "Ja."}, *chat("Was?", "Das.")])
    return made


@pytest.mark.parametrize("ending", ["jsonl", "jsonl.gz", "jsonl.zst"])
def test_the_bytes_are_the_ones_that_they_always_were(data: list[Source], ending: str) -> None:
    mixture = make_mixture(of_source(data[2], repeats=3), part(start=-70, step=3), of_source(data[0]))
    manifest = manifest_of(make_export(mixture, format_name=ending))
    # The lines are pinned; how they pack may change with the version of zlib or zstd.
    assert manifest["file"]["plain_sha256"] == FILE
    assert manifest["file"]["lines"] == 3 * 41 + 24 + 41
    assert manifest["components"][1]["revisions_sha256"] == REVISIONS
