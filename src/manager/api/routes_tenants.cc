#include "manager/api/routes_tenants.h"

#include "base/json.h"
#include "manager/api/event_streams.h"
#include "manager/api/list_page.h"
#include "manager/api/request_body.h"
#include "manager/api/routes_identity.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

namespace {

/// What the handlers share; lives as long as they do.
struct TenantRoutes {
  TenantRoutesDeps deps;
  ExportThreads exports{};
};
using TenantRoutesRef = std::shared_ptr<TenantRoutes>;

json::value or_null(const std::optional<std::int64_t>& number) {
  return number ? json::value(*number) : json::value();
}

json::object limits_to_json(const TenantTerms& terms) {
  return {{"max_agents", or_null(terms.max_agents)},
          {"max_users", or_null(terms.max_users)},
          {"max_events_per_day", or_null(terms.max_events_per_day)}};
}

/// "deleting": suspended, and erased at `deletion_due`.
std::string_view status_of(const TenantTerms& terms) {
  return terms.deletion_due ? "deleting" : name(terms.status);
}

json::object tenant_to_json(const Tenant& tenant) {
  const TenantTerms& terms = tenant.terms;
  return {{"id", tenant.id.text()},
          {"name", tenant.name},
          {"created", to_rfc3339(tenant.created)},
          {"status", status_of(terms)},
          {"reason", terms.reason},
          {"deletion_due", terms.deletion_due ? json::value(to_rfc3339(*terms.deletion_due)) : json::value()},
          {"database_server", terms.database_server},
          {"event_partition", terms.event_partition},
          {"limits", limits_to_json(terms)}};
}

json::object usage_to_json(const TenantUsage& usage) {
  return {{"day", to_rfc3339(usage.day).substr(0, 10)},
          {"agents", usage.agents},
          {"users", usage.users},
          {"events", usage.events},
          {"bytes", usage.bytes}};
}

ApiResponse answer(json::object body, int status = 200) {
  ApiResponse response;
  response.status = status;
  response.body = std::move(body);
  return response;
}

Result<TenantId> tenant_id(const ApiRequest& request) {
  return parse_id<TenantId>(request.path_parameter("id")).in("id");
}

std::optional<std::int64_t> limit_in(const json::object& limits, std::string_view key) {
  const json::value* value = find(limits, key);
  if (value == nullptr || value->is_null()) return std::nullopt;
  return value->to_number<std::int64_t>();
}

Result<ApiResponse> list_tenants(Provisioning& provisioning, const ApiRequest& request) {
  return list_page(
      request, WD_TRY(provisioning.list(request.tenant_scope())), [](const Tenant& tenant) { return tenant.id.text(); },
      tenant_to_json);
}

Result<ApiResponse> create_tenant(Provisioning& provisioning, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  TenantDraft draft;
  draft.name = text_in(body, "name");
  draft.database_server = text_in(body, "database_server");
  if (const json::value* limits = find(body, "limits")) {
    const json::object& given = limits->as_object();
    draft.limits = TenantLimits{limit_in(given, "max_agents"), limit_in(given, "max_users"),
                                limit_in(given, "max_events_per_day")};
  }
  if (body.contains("event_partition")) draft.event_partition = text_in(body, "event_partition");
  if (const json::value* administrator = find(body, "administrator")) {
    const json::object& given = administrator->as_object();
    draft.administrator = text_in(given, "username", draft.administrator);
    draft.display_name = text_in(given, "display_name", draft.display_name);
    if (given.contains("email")) draft.email = text_in(given, "email");
  }
  const NewTenant made = WD_TRY(provisioning.create(request.tenant_scope(), draft));
  return answer({{"tenant", tenant_to_json(made.tenant)}, {"username", made.username}, {"link", to_json(made.link)}},
                201);
}

Result<ApiResponse> change_tenant(Provisioning& provisioning, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  TenantChange change;
  if (const json::value* limits = find(body, "limits")) {
    const json::object& given = limits->as_object();
    if (given.contains("max_agents")) change.max_agents = limit_in(given, "max_agents");
    if (given.contains("max_users")) change.max_users = limit_in(given, "max_users");
    if (given.contains("max_events_per_day")) change.max_events_per_day = limit_in(given, "max_events_per_day");
  }
  if (body.contains("event_partition")) change.event_partition = text_in(body, "event_partition");
  return answer(
      tenant_to_json(WD_TRY(provisioning.change(request.tenant_scope(), WD_TRY(tenant_id(request)), change))));
}

Result<ApiResponse> set_status(Provisioning& provisioning, const ApiRequest& request) {
  const json::object& body = request.body.as_object();
  const std::string status = text_in(body, "status");
  const std::string reason = text_in(body, "reason");
  const TenantId id = WD_TRY(tenant_id(request));
  const TenantScope& scope = request.tenant_scope();
  if (status != "active" && reason.empty())
    return fail(ErrorCode::Invalid, "/reason: what users of the tenant will read");
  if (status == "suspended") return answer(tenant_to_json(WD_TRY(provisioning.suspend(scope, id, reason))));
  if (status == "deleting") return answer(tenant_to_json(WD_TRY(provisioning.request_deletion(scope, id, reason))));
  return answer(tenant_to_json(WD_TRY(provisioning.resume(scope, id))));
}

/// `scope`: of the tenant itself.
Result<ApiResponse> usage_answer(TenantRoutes& routes, const TenantScope& scope, const ApiRequest& request) {
  constexpr std::int64_t kDefaultDays = 31;
  json::array days;
  const auto looked_at =
      WD_TRY(usage_days(routes.deps.tenants, scope, static_cast<std::size_t>(request.query_int("days", kDefaultDays))));
  for (const TenantUsage& usage : looked_at) days.push_back(usage_to_json(usage));
  return answer({{"tenant", tenant_to_json(WD_TRY(routes.deps.tenants.find(scope.tenant())))},
                 {"today", usage_to_json(WD_TRY(routes.deps.usage.today(scope)))},
                 {"days", std::move(days)}});
}

Result<ApiResponse> tenant_usage(TenantRoutes& routes, const ApiRequest& request) {
  const Tenant tenant = WD_TRY(routes.deps.provisioning.find(request.tenant_scope(), WD_TRY(tenant_id(request))));
  const TenantScope scope = WD_TRY(ScopeMaker{routes.deps.tenants}.make(tenant.id, request.tenant_scope().actor()));
  return usage_answer(routes, scope, request);
}

json::object isolation_to_json(const IsolationResult& result) {
  json::array findings;
  for (const std::string& finding : result.findings) findings.emplace_back(json::string{finding});
  return {{"time", to_rfc3339(result.time)},
          {"passed", result.has_passed},
          {"tenants", result.tenants},
          {"attempts", result.attempts},
          {"findings", std::move(findings)}};
}

Result<ApiResponse> isolation_results(TenantRoutes& routes, const ApiRequest& request) {
  WD_TRY(routes.deps.provisioning.check_operator(request.tenant_scope()));
  return list_page(
      request, WD_TRY(routes.deps.isolation.results(kIsolationChecksKept)),
      [](const IsolationResult& result) { return to_rfc3339(result.time); }, isolation_to_json);
}

Result<ApiResponse> check_isolation(TenantRoutes& routes, const ApiRequest& request) {
  WD_TRY(routes.deps.provisioning.check_operator(request.tenant_scope()));
  return answer(isolation_to_json(WD_TRY(routes.deps.isolation.run())), 201);
}

ApiResponse template_answer(const TenantTemplate& stored) {
  ApiResponse response =
      answer({{"template", stored.document},
              {"modified", stored.modified ? json::value(to_rfc3339(*stored.modified)) : json::value()},
              {"modified_by", stored.modified_by},
              {"etag", template_etag(stored)}});
  response.headers["etag"] = template_etag(stored);
  return response;
}

void run_export(const TenantExport& exports, const TenantScope& scope, ResponseStream& stream,
                const std::stop_token& stop) {
  const auto written = exports.write(scope, [&](std::string_view line) -> Result<void> {
    if (write_patiently(stream, line, stop)) return {};
    return fail(ErrorCode::Unavailable, "the client is gone");
  });
  // The head of the answer is long gone; there is no receipt, so that nobody takes this for the whole.
  if (!written) {
    const std::string problem = "the export is not complete: " + written.error().message;
    write_patiently(stream, json::serialize(json::object{{"problem", problem}}) + "\n", stop);
  }
  stream.close();
}

Result<ApiResponse> export_tenant(const TenantRoutesRef& routes, const ApiRequest& request) {
  ApiResponse response;
  response.headers = {{"content-type", "application/x-ndjson"},
                      {"content-disposition", "attachment; filename=\"tenant.jsonl\""},
                      {"cache-control", "no-store"}};
  response.stream = [routes, scope = request.tenant_scope()](const std::shared_ptr<ResponseStream>& stream) {
    const bool is_started = routes->exports.start([routes = routes.get(), scope, stream](const std::stop_token& stop) {
      run_export(routes->deps.exports, scope, *stream, stop);
    });
    if (is_started) return;
    stream->write("{\"problem\":\"too many exports run at once; try again\"}\n");
    stream->close();
  };
  return response;
}

}  // namespace

void add_tenant_routes(Routes& routes, const TenantRoutesDeps& deps) {
  const auto shared = std::make_shared<TenantRoutes>(deps);
  Provisioning& provisioning = deps.provisioning;
  routes.add("listTenants", [&provisioning](const ApiRequest& request) { return list_tenants(provisioning, request); });
  routes.add("createTenant",
             [&provisioning](const ApiRequest& request) { return create_tenant(provisioning, request); });
  routes.add("getTenant", [&provisioning](const ApiRequest& request) -> Result<ApiResponse> {
    return answer(tenant_to_json(WD_TRY(provisioning.find(request.tenant_scope(), WD_TRY(tenant_id(request))))));
  });
  routes.add("updateTenant",
             [&provisioning](const ApiRequest& request) { return change_tenant(provisioning, request); });
  routes.add("setTenantStatus",
             [&provisioning](const ApiRequest& request) { return set_status(provisioning, request); });
  routes.add("getTenantUsage", [shared](const ApiRequest& request) { return tenant_usage(*shared, request); });
  routes.add("getTenantTemplate", [&provisioning](const ApiRequest& request) -> Result<ApiResponse> {
    return template_answer(WD_TRY(provisioning.tenant_template(request.tenant_scope())));
  });
  routes.add("setTenantTemplate", [&provisioning](const ApiRequest& request) -> Result<ApiResponse> {
    return template_answer(WD_TRY(
        provisioning.set_template(request.tenant_scope(), request.http.header("if-match"), request.body.as_object())));
  });
  routes.add("listIsolationChecks",
             [shared](const ApiRequest& request) { return isolation_results(*shared, request); });
  routes.add("checkIsolation", [shared](const ApiRequest& request) { return check_isolation(*shared, request); });
  routes.add("getOwnTenant",
             [shared](const ApiRequest& request) { return usage_answer(*shared, request.tenant_scope(), request); });
  routes.add("exportTenant", [shared](const ApiRequest& request) { return export_tenant(shared, request); });
}

}  // namespace warder::manager
