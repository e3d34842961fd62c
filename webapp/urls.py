"""All addresses. Each app lists its own."""

from django.urls import include, path

from webapp.common import views
from webapp.common.access import public

APPS = ("accounts", "conversations", "evals", "mixtures", "review", "dashboards", "common")

urlpatterns = [
    path("healthz", public(views.healthz), name="healthz"),
    path("readyz", public(views.readyz), name="readyz"),
    *(path("", include(f"webapp.{app}.urls")) for app in APPS),
]
handler400 = "webapp.common.views.bad_request"
handler403 = "webapp.common.views.forbidden"
handler404 = "webapp.common.views.not_found"
handler500 = "webapp.common.views.server_error"
