from django.urls import path

from webapp.common import views

app_name = "common"
urlpatterns = [
    path("jobs/", views.jobs_page, name="jobs"),
    path("jobs/menu", views.jobs_menu, name="jobs_menu"),
    path("jobs/<int:job_id>/", views.job_page, name="job"),
    path("jobs/<int:job_id>/progress", views.job_progress, name="job_progress"),
    path("jobs/<int:job_id>/cancel", views.cancel_job, name="cancel_job"),
    path("jobs/<int:job_id>/continue", views.continue_job, name="continue_job"),
]
