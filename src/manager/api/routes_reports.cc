#include "manager/api/routes_reports.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/json.h"
#include "manager/api/fleet_json.h"
#include "manager/api/turn.h"
#include "manager/reports/report_files.h"

namespace warder::manager {
namespace {

// One is drawn while another waits: more would take the threads that answer everybody.
constexpr int kMostPdfs = 2;

/// Who has a part of the fleet sees the reports that are made for them: others tell of what lies outside.
bool may_see(const TenantScope& scope, const Report& report) {
  if (scope.is_whole()) return true;
  return std::ranges::any_of(report.draft.recipients,
                             [&scope](const UserId& each) { return scope.actor() == "user:" + each.text(); });
}

Result<ApiResponse> list(const ReportParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  Page<Report> page = WD_TRY(parts.reports.list(scope, page_request(request)));
  std::erase_if(page.items, [&scope](const Report& report) { return !may_see(scope, report); });
  return page_response(page, report_json);
}

Result<ApiResponse> get(const ReportParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const Report report = WD_TRY(parts.reports.find(scope, WD_TRY(path_id<ReportId>(request))));
  if (!may_see(scope, report)) return scope.hide("there is no such report");
  return object_response(200, report_json(report));
}

Result<ApiResponse> run(const ReportParts& parts, const ApiRequest& request) {
  const std::int64_t recipients = WD_TRY(parts.reports.run(request.tenant_scope(), WD_TRY(path_id<ReportId>(request))));
  if (parts.wake) parts.wake();
  return object_response(202, {{"recipients", recipients}});
}

Result<ApiResponse> list_deliveries(const ReportParts& parts, const ApiRequest& request) {
  std::optional<ReportId> report;
  if (const auto asked = request.query("report")) report = WD_TRY(parse_id<ReportId>(*asked).in("report"));
  return page_response(WD_TRY(parts.deliveries.list(request.tenant_scope(), report, page_request(request))),
                       delivery_json);
}

class Contents {
 public:
  explicit Contents(const ReportParts& parts) : parts_(parts) {}

  Result<ApiResponse> get(const ApiRequest& request) {
    const TenantScope& scope = request.tenant_scope();
    const ReportFormat format = WD_TRY(parse_report_format(request.query("format").value_or("")).in("format"));
    const ReportDelivery delivery = WD_TRY(parts_.deliveries.find(scope, WD_TRY(path_id<ReportDeliveryId>(request))));
    std::string document = WD_TRY(parts_.deliveries.download(scope, delivery.id, format));
    ApiResponse response;
    response.raw_body = WD_TRY(drawn(std::move(document), delivery, format));
    response.headers["content-type"] = media_type(format);
    // A download, never a page of this origin: what people wrote is in it.
    response.headers["content-disposition"] = "attachment; filename=\"" + file_name(delivery, format) + "\"";
    response.headers["content-security-policy"] = "sandbox";
    response.headers["x-content-type-options"] = "nosniff";
    return response;
  }

 private:
  Result<std::string> drawn(std::string document, const ReportDelivery& delivery, ReportFormat format) {
    switch (format) {
      case ReportFormat::Json:
        return document;
      case ReportFormat::Csv:
        return report_csv(document);
      case ReportFormat::Html:
        return report_html(document);
      case ReportFormat::Pdf:
        break;
    }
    const Turn turn(pdfs_, kMostPdfs);
    if (!turn.is_mine()) return fail(ErrorCode::TooMany, "other PDFs are being drawn; try again");
    return pdf_of_html(WD_TRY(report_html(document)), delivery.made.value_or(delivery.occurrence), parts_.pdf);
  }

  const ReportParts parts_;
  std::atomic<int> pdfs_{0};
};

void add_delivery_routes(Routes& routes, const ReportParts& parts) {
  routes.add("listReportDeliveries", [parts](const ApiRequest& request) { return list_deliveries(parts, request); });
  routes.add("getReportDelivery", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(200, delivery_json(WD_TRY(parts.deliveries.find(
                                    request.tenant_scope(), WD_TRY(path_id<ReportDeliveryId>(request))))));
  });
  routes.add("getReportContent", [contents = std::make_shared<Contents>(parts)](const ApiRequest& request) {
    return contents->get(request);
  });
}

}  // namespace

void add_report_routes(Routes& routes, const ReportParts& parts) {
  routes.add("listReports", [parts](const ApiRequest& request) { return list(parts, request); });
  routes.add("createReport", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(201,
                           report_json(WD_TRY(parts.reports.create(request.tenant_scope(), request.body.as_object()))));
  });
  routes.add("getReport", [parts](const ApiRequest& request) { return get(parts, request); });
  routes.add("updateReport", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    return object_response(
        200, report_json(WD_TRY(parts.reports.update(request.tenant_scope(), WD_TRY(path_id<ReportId>(request)),
                                                     if_match(request), request.body.as_object()))));
  });
  routes.add("deleteReport", [parts](const ApiRequest& request) -> Result<ApiResponse> {
    WD_TRY(parts.reports.remove(request.tenant_scope(), WD_TRY(path_id<ReportId>(request)), if_match(request)));
    return no_content();
  });
  routes.add("runReport", [parts](const ApiRequest& request) { return run(parts, request); });
  add_delivery_routes(routes, parts);
}

}  // namespace warder::manager
