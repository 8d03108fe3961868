"""Which address leads to which public page?"""

from django.urls import URLPattern, path

from portvakt.server.web.site import contact, enquiry, guardian, notices, order, unsubscribe

app_name = "site"


def _notice_pages(beneath: str) -> list[URLPattern]:
    """Return the pages of a notice, beneath the address of whose it is."""
    return [
        path(beneath, notices.notice, name="notice"),
        path(f"{beneath}children/", notices.child, name="notice_child"),
        path(f"{beneath}versions/", notices.versions, name="notice_versions"),
        path(f"{beneath}versions/<int:number>/", notices.notice, name="notice_version"),
        path(f"{beneath}versions/<int:number>/changes/", notices.changes, name="notice_changes"),
        path(f"{beneath}versions/<int:number>/print/", notices.print_view, name="notice_print"),
        path(f"{beneath}versions/<int:number>/pdf/", notices.pdf, name="notice_pdf"),
    ]


urlpatterns = [
    path("contact/", contact.contact, name="contact"),
    path("complain/", contact.complain, name="complain"),
    # The provider's own; an organisation's slug is never one of its words, see organisations.actions.
    *_notice_pages("privacy/"),
    *_notice_pages("privacy/<slug:slug>/"),
    path("order/", order.order, name="order"),
    path("enquiry/", enquiry.enquiry, name="enquiry"),
    path("thanks/", order.received, name="received"),
    path("unsubscribe/<str:token>/", unsubscribe.unsubscribe, name="unsubscribe"),
    path("guardian/<str:token>/", guardian.guardian, name="guardian"),
]
