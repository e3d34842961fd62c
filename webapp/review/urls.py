from django.urls import URLPattern, path

from webapp.review.views.keys import keys

app_name = "review"
urlpatterns: list[URLPattern] = [
    path("review/keys", keys, name="keys"),
]
