from django.urls import path

from webapp.dashboards.views import audit, home, team

app_name = "dashboards"
urlpatterns = [
    path("", home.home, name="home"),
    path("team", team.team_page, name="team"),
    path("audit", audit.audit, name="audit"),
    path("audit.<str:ending>", audit.download, name="download_audit"),
]
