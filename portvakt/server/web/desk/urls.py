"""Which address leads to which page of the desk?"""

from django.urls import path

from portvakt.server.web.desk import (
    accounts,
    data_map,
    enquiries,
    looking,
    mailings,
    notices,
    orders,
    overview,
    records,
    support,
    transfers,
)

app_name = "desk"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/enable/", accounts.enable, name="account_enable"),
    path("accounts/<uuid:account_id>/disable/", accounts.disable, name="account_disable"),
    path("enquiries/", enquiries.enquiries, name="enquiries"),
    path("enquiries/write/", enquiries.write, name="enquiry_write"),
    path("enquiries/<uuid:enquiry_id>/", enquiries.enquiry, name="enquiry"),
    path("mailings/", mailings.mailings, name="mailings"),
    path("mailings/own/<uuid:mailing_id>/", mailings.own, name="mailing_own"),
    path("mailings/partner/<uuid:mailing_id>/", mailings.partner, name="mailing_partner"),
    path("map/", data_map.data_map, name="map"),
    path("map/<slug:form>/", data_map.as_file, name="map_file"),
    path("notices/", notices.notices, name="notices"),
    path("notices/<uuid:notice_id>/exception/", notices.exception, name="notice_exception"),
    path("orders/", orders.orders, name="orders"),
    path("orders/<uuid:order_id>/", orders.order, name="order"),
    path("orders/<uuid:order_id>/state/", orders.state, name="order_state"),
    path("records/", records.records, name="records"),
    path("records/<slug:which>/", records.record, name="record"),
    path("records/<slug:which>/<slug:form>/", records.as_file, name="record_file"),
    path("support/", support.cases, name="support"),
    path("support/write-down/", support.write_down, name="support_write_down"),
    path("support/<uuid:case_id>/", support.case, name="support_case"),
    path("support/<uuid:case_id>/close/", support.close, name="support_close"),
    path("support/<uuid:case_id>/look/", looking.access, name="support_access"),
    path("support/<uuid:case_id>/log/", looking.log, name="support_log"),
    path("transfers/", transfers.transfers, name="transfers"),
    path("transfers/<uuid:stop_id>/lift/", transfers.lift, name="transfer_lift"),
]
