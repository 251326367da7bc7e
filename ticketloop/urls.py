"""URL configuration."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularJSONAPIView, SpectacularRedocView, SpectacularSwaggerSplitView

from access.passwords import change_own_password
from contacts.api.views import ContactViewSet
from core.api import SlashOrNoSlashRouter
from desk.formatting import NOTHING
from ticketloop import command_palette
from ticketloop.health import HealthView
from ticketloop.metrics import metrics
from tickets.api.views import TicketViewSet

router = SlashOrNoSlashRouter()
router.register("tickets", TicketViewSet, basename="ticket")
router.register("contacts", ContactViewSet, basename="contact")

urlpatterns = [
    path("api/v1/", include(router.urls)),  # first, as most requests are for the API
    path("", RedirectView.as_view(url="/docs")),
    re_path(r"^health/?$", HealthView.as_view()),
    re_path(r"^metrics/?$", metrics),
    re_path(r"^openapi\.json/?$", SpectacularJSONAPIView.as_view(), name="schema"),
    re_path(r"^docs/?$", SpectacularSwaggerSplitView.as_view()),
    re_path(r"^redoc/?$", SpectacularRedocView.as_view()),
    path("admin/search/", command_palette.search),
    path("admin/password_change/", change_own_password),
    path("admin/", admin.site.urls),
]

handler400 = "ticketloop.error_pages.bad_request"
handler403 = "ticketloop.error_pages.permission_denied"
handler404 = "ticketloop.error_pages.not_found"
handler500 = "ticketloop.error_pages.server_error"

admin.site.site_header = admin.site.site_title = "Ticket Loop"
admin.site.index_title = "Support desk"
admin.site.empty_value_display = NOTHING
