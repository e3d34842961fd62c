"""One export of everything, timed; `python -m tests.bench.timed_export FORMAT` runs it.

Prints JSON: lines, bytes, the seconds until the file stood in its place, and those of reading it back.
"""

import json
import os
import sys
import time

import django


def main() -> None:
    """Make a mixture of all conversations, export it, delete the file."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "webapp.settings")
    django.setup()
    from webapp.common.models import Job
    from webapp.common.running import run_slice
    from webapp.conversations.filters import ConversationFilter
    from webapp.mixtures.actions import create_mixture, delete_export, start_export
    from webapp.mixtures.recipes import Component, Recipe

    recipe = Recipe((Component(ConversationFilter()),))
    mixture = create_mixture(name=f"all {time.time()}", by=None, recipe=recipe)
    mixture.refresh_from_db()
    export = start_export(mixture=mixture, format_name=sys.argv[1], by=None, send=False)
    written: list[float] = []

    def note(job: Job) -> None:
        if job.step == "checking" and not written:
            written.append(time.perf_counter())

    begun = time.perf_counter()
    job = run_slice(export.job_id or 0, slice_seconds=None, on_progress=note)
    ended = time.perf_counter()
    export.refresh_from_db()
    if not export.is_ready() or not written:
        raise SystemExit(job.error if job else "nobody worked on it")
    seconds = {"write": written[0] - begun, "read": ended - written[0]}
    print(json.dumps({"lines": export.lines, "size": export.size, **seconds}))
    delete_export(export=export, by=None)


if __name__ == "__main__":
    main()
