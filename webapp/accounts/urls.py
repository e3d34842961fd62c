from django.urls import path

from webapp.accounts.views import links, own, people

app_name = "accounts"
urlpatterns = [
    path("login", own.login, name="login"),
    path("logout", own.logout, name="logout"),
    path("theme", own.theme, name="theme"),
    path("profile", own.profile, name="profile"),
    path("profile/password", own.password, name="password"),
    path("link/<str:token>", links.use_login, name="use_login"),
    path("invite/<str:token>", links.use_invite, name="use_invite"),
    path("reset/<str:token>", links.use_reset, name="use_reset"),
    path("people", people.people, name="people"),
    path("people/invite", people.invite, name="invite"),
    path("people/<int:person_id>/role", people.role, name="role"),
    path("people/<int:person_id>/reset", people.reset_link, name="reset_link"),
    path("people/<int:person_id>/deactivate", people.deactivate, name="deactivate"),
    path("people/<int:person_id>/reactivate", people.reactivate, name="reactivate"),
    path("people/links/<int:link_id>/revoke", people.revoke, name="revoke"),
]
