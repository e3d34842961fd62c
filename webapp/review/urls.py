from django.urls import URLPattern, path

from webapp.review.views import run

app_name = "review"
urlpatterns: list[URLPattern] = [
    path("review/run", run.run, name="run"),
]
