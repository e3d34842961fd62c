from django.urls import path

from webapp.review.views import agreement

app_name = "review"
urlpatterns = [
    path("review/<int:pk>/agreement", agreement.agreement, name="agreement"),
    path("review/<int:pk>/disagreements", agreement.disagreements, name="disagreements"),
]
