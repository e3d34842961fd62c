"""Page or partial, the page of an error, notices, the remembered theme."""

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.template.loader import render_to_string

from webapp.common.errors import WinnowError

THEMES = ("light", "dark")


def remembered_theme(request: HttpRequest) -> str:
    """light, dark, or nothing for the system's own."""
    theme = request.COOKIES.get("theme", "")
    return theme if theme in THEMES else ""


def wants_json(request: HttpRequest) -> bool:
    """A script asks, and reads JSON."""
    return request.headers.get("Accept", "").startswith("application/json")


def notify(response: HttpResponse, text: str, *, level: str = "good") -> HttpResponse:
    """Let an htmx response bring a short notice along (good, info, warn, bad)."""
    response["HX-Trigger"] = json.dumps({"notice": {"text": text, "level": level}})
    return response


def render_page(
    request: HttpRequest,
    template: str,
    context: dict[str, Any],
    *,
    partials: dict[str, str] | None = None,
    status: int = 200,
) -> HttpResponse:
    """The whole page, or the one partial of it that htmx asked for.

    `partials` maps the id of an element (htmx's HX-Target header) to the name of a `{% partialdef %}` in `template`.
    """
    target = request.headers.get("HX-Target", "")
    if request.headers.get("HX-Request") and partials and target in partials:
        template = f"{template}#{partials[target]}"
    response = render(request, template, context, status=status)
    if partials:
        response["Vary"] = "HX-Request, HX-Target"
    return response


def error_page(request: HttpRequest, error: WinnowError) -> HttpResponse:
    """A page of its own for `error`; for htmx and scripts only its text, as JSON where asked. Touches no database."""
    words = {"status": error.status, "title": error.title, "message": str(error), "link": error.link}
    context = words | {"theme": remembered_theme(request)}
    response: HttpResponse
    if wants_json(request):
        response = JsonResponse({"message": str(error)}, status=error.status)
    elif request.headers.get("HX-Request") or "text/html" not in request.headers.get("Accept", "text/html"):
        response = HttpResponse(str(error), status=error.status, content_type="text/plain; charset=utf-8")
    else:
        response = HttpResponse(render_to_string("error.html", context), status=error.status)
    if error.status == 503:
        response["Retry-After"] = "5"
    return response
