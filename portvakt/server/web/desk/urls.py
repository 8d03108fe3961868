"""Which address leads to which page of the desk?"""

from django.urls import path

from portvakt.server.web.desk import accounts, data_map, looking, notices, overview, records, support, transfers

app_name = "desk"
urlpatterns = [
    path("", overview.overview, name="overview"),
    path("accounts/", accounts.accounts, name="accounts"),
    path("accounts/enable/", accounts.enable, name="account_enable"),
    path("accounts/<uuid:account_id>/disable/", accounts.disable, name="account_disable"),
    path("map/", data_map.data_map, name="map"),
    path("map/<slug:form>/", data_map.as_file, name="map_file"),
    path("notices/", notices.notices, name="notices"),
    path("notices/<uuid:notice_id>/exception/", notices.exception, name="notice_exception"),
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
