from django.urls import path

from webapp.dashboards.views import audit, home

app_name = "dashboards"
urlpatterns = [
    path("", home.home, name="home"),
    path("audit", audit.audit, name="audit"),
    path("audit.<str:ending>", audit.download, name="download_audit"),
]
