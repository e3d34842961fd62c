from django.urls import path

from webapp.accounts import views

app_name = "accounts"
urlpatterns = [
    path("login", views.login, name="login"),
    path("logout", views.logout, name="logout"),
    path("theme", views.theme, name="theme"),
]
