"""Every page of the product by name: one line each. `test_pages.py` opens them all, and misses a page that is not here.

A page about something that has to be made first comes from `furnish.py`.
"""

from collections.abc import Iterator
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

#: Pages whose address is always the same, beside those of `furnish`.
ADDRESSES = {
    "home": "/",
    "profile": "/profile",
    "people": "/people",
    "jobs": "/jobs/",
    "no such job state": "/jobs/?state=failed",
    "sources": "/sources/",
    "trash": "/sources/trash/",
    "import a task": "/sources/import/?from=task&task=mmlu",
    "upload": "/sources/import/?from=upload",
    "list": "/conversations/",
    "list with everything set": "/conversations/?status=unreviewed&flag=any&turns_min=1&chars_max=9999&issue=any&q=a",
    "list without match": "/conversations/?q=nothinghasthisword",
    "taxonomy": "/flags/",
    "mixtures": "/mixtures/",
    "queues": "/review/",
    "new queue": "/review/new?query=status%3Dunreviewed",
    "keys": "/review/keys",
    "conflicts": "/review/conflicts",
    "mentions": "/review/mentions",
    "find and replace": "/conversations/replace?status=unreviewed",
    "evaluations": "/evaluate/",
    "new evaluation": "/evaluate/new",
    "evaluate a task": "/evaluate/new?what=task&task=mmlu",
    "scores": "/evaluate/scores",
    "compare": "/evaluate/compare",
    "endpoints": "/evaluate/endpoints/",
    "new endpoint": "/evaluate/endpoints/new",
    "team": "/team",
    "team in a week": "/team?first=2026-01-01&last=2026-01-07",
    "audit": "/audit",
    "audit of edits": "/audit?kind=edit&person=1",
}
FAULTY_ADDRESSES = {
    "not found": "/nothing/here",
    "bad filter": "/conversations/?status=purple",
    "no such conversation": "/conversations/999999/",
    "used link": "/invite/none",
}
#: What nobody below a curator may open.
FOR_CURATORS = {
    *("import a task", "upload", "delete source", "purge source", "change reason"),
    *("add component", "edit component", "delete mixture", "mix these"),
    *("new queue", "queue", "archived queue", "find and replace"),
    *("new evaluation", "evaluate a task", "new endpoint", "edit endpoint"),
}
FOR_REVIEWERS = {
    *("edit", "conversation wide edit", "conversation with issue edit"),
    *("team", "team in a week", "audit", "audit of edits"),
    *("review", "keys", "conflicts", "conflict", "agreement", "disagreements"),
}
FOR_ADMINISTRATORS = {"people"}
#: Where everybody may change something: it is about themselves.
OWN = {"mentions", "profile", "invitation", "log-in link", "new password"}
#: What a browser is not shown as a page, and why not.
NOT_PAGES = {
    "healthz": "for machines",
    "readyz": "for machines",
    "accounts:logout": "leads away",
    "conversations:download_report": "a file",
    "evals:download": "a file",
    "mixtures:download": "a file",
    "mixtures:manifest": "a file",
    "dashboards:download_audit": "a file",
    "review:comment_people": "for scripts",
    "review:item": "for scripts",
    "review:messages": "for scripts",
    "review:steps": "for scripts",
    "review:answers": "for scripts",
    "review:drafts": "for scripts",
    "review:draft": "for scripts",
    "review:draft_since": "for scripts",
    "mixtures:count_component": "a part of the page of a component",
    "common:jobs_menu": "a part of every page",
    "common:job_progress": "a part of the page of a job",
}


def readable_views() -> set[str]:
    """The names of all addresses that answer a GET."""
    return {name for name, view in _views(get_resolver().url_patterns, "") if "GET" in _methods(view)}


def _views(patterns: list[Any], space: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            yield from _views(pattern.url_patterns, f"{space}{pattern.namespace}:" if pattern.namespace else space)
        elif isinstance(pattern, URLPattern):
            yield f"{space}{pattern.name}", pattern.callback


def _methods(view: Any) -> set[str]:
    """What `require_http_methods` and its kin let through; all where a view does not say."""
    while view is not None:
        for cell in view.__closure__ or ():
            found = cell.cell_contents
            if isinstance(found, list | tuple) and found and all(str(one).isupper() for one in found):
                return set(found)
        view = getattr(view, "__wrapped__", None)
    return {"GET", "POST"}
