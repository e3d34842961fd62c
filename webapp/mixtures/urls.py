"""Addresses of mixtures and exports."""

from django.urls import path

from webapp.mixtures.views import components, exports, mixtures

app_name = "mixtures"
urlpatterns = [
    path("mixtures/", mixtures.mixture_list, name="list"),
    path("mixtures/add", components.use_filter, name="use_filter"),
    path("mixtures/<int:pk>/", mixtures.mixture, name="mixture"),
    path("mixtures/<int:pk>/exports", mixtures.mixture_exports, name="mixture_exports"),
    path("mixtures/<int:pk>/rename", mixtures.rename, name="rename"),
    path("mixtures/<int:pk>/settings", mixtures.settings, name="settings"),
    path("mixtures/<int:pk>/search-again", mixtures.search_again, name="search_again"),
    path("mixtures/<int:pk>/export", mixtures.export, name="start_export"),
    path("mixtures/<int:pk>/delete", mixtures.delete, name="delete"),
    path("mixtures/<int:pk>/components/add", components.add, name="add_component"),
    path("mixtures/<int:pk>/components/count", components.count, name="count_component"),
    path("mixtures/<int:pk>/components/<int:index>/edit", components.edit, name="edit_component"),
    path("mixtures/<int:pk>/components/<int:index>/remove", components.remove, name="remove_component"),
    path("mixtures/<int:pk>/components/<int:index>/move", components.move, name="move_component"),
    path("exports/<int:pk>/", exports.export, name="export"),
    path("exports/<int:pk>/download", exports.download, name="download"),
    path("exports/<int:pk>/manifest", exports.manifest, name="manifest"),
    path("exports/<int:pk>/check", exports.check, name="check_export"),
    path("exports/<int:pk>/delete", exports.delete, name="delete_export"),
]
