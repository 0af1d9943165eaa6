#include "manager/api/routes_health.h"

#include <chrono>
#include <optional>

#include "base/json.h"

namespace warder::manager {
namespace {

json::value time_or_null(const std::optional<Timestamp>& time) {
  return time ? json::value(to_rfc3339(*time)) : json::value();
}

json::object job_json(const JobState& job) {
  return {{"name", job.name},
          {"every_s", job.every.count()},
          {"state", name(job.health)},
          {"last_run", time_or_null(job.last_run)},
          {"last_success", time_or_null(job.last_success)},
          {"last_error", job.last_error},
          {"next_due", to_rfc3339(job.next_due)},
          {"overdue", job.health == JobHealth::Overdue}};
}

std::string_view state_of(const HeldCertificate& certificate, Timestamp now) {
  if (certificate.not_after <= now) return "expired";
  return certificate.not_after - now < kCertificateSoon ? "soon" : "ok";
}

json::object certificate_json(const HeldCertificate& certificate, Timestamp now) {
  return {{"role", certificate.role},
          {"subject", certificate.subject},
          {"not_after", to_rfc3339(certificate.not_after)},
          {"days_left", std::chrono::floor<std::chrono::days>(certificate.not_after - now).count()},
          {"state", state_of(certificate, now)}};
}

json::object database_json(const HealthSources& sources, const TenantScope& scope) {
  const auto answered = sources.database();
  return {{"kind", sources.tenants.postgres(scope) != nullptr ? "postgresql" : "sqlite"},
          {"state", answered ? "ok" : "failed"},
          {"error", answered ? std::string() : answered.error().message}};
}

json::object disk_json(const HealthSources& sources) {
  const auto space = sources.disk();
  if (!space)
    return {{"state", "unknown"}, {"error", space.error().message}, {"total_bytes", 0}, {"available_bytes", 0}};
  const bool is_low = space->available < space->total / 100 * kLowDiskPercent;
  return {{"state", is_low ? "low" : "ok"},
          {"error", ""},
          {"total_bytes", space->total},
          {"available_bytes", space->available}};
}

/// Not what waits: that has its time yet.
bool is_well(const json::object& part) {
  return part.at("state") == "ok" || part.at("state") == "waiting";
}

/// Of the manager itself, when the caller looks after it.
Result<bool> add_manager(const HealthSources& sources, const TenantScope& scope, json::object& body) {
  bool all_well = true;
  for (const JobState& job : sources.jobs.list()) {
    json::object told = job_json(job);
    all_well = all_well && is_well(told);
    body["jobs"].as_array().push_back(std::move(told));
  }
  json::object database = database_json(sources, scope);
  json::object disk = disk_json(sources);
  all_well = all_well && is_well(database) && is_well(disk);
  body["database"] = std::move(database);
  body["disk"] = std::move(disk);
  return all_well;
}

Result<ApiResponse> health(const HealthSources& sources, const TenantScope& scope) {
  const Timestamp now = sources.clock.now();
  const bool is_first = WD_TRY(sources.tenants.find(scope.tenant())).name == kFirstTenant;
  auto certificates = WD_TRY(sources.tenant_certificates(scope));
  json::object body{{"time", to_rfc3339(now)},       {"healthy", true},     {"jobs", json::array()},
                    {"certificates", json::array()}, {"database", nullptr}, {"disk", nullptr}};
  bool all_well = true;
  if (is_first) {
    all_well = WD_TRY(add_manager(sources, scope, body));
    const auto own = WD_TRY(sources.certificates());
    certificates.insert(certificates.begin(), own.begin(), own.end());
  }
  for (const HeldCertificate& each : certificates) {
    json::object told = certificate_json(each, now);
    all_well = all_well && is_well(told);
    body["certificates"].as_array().push_back(std::move(told));
  }
  body["healthy"] = all_well;
  ApiResponse response;
  response.body = std::move(body);
  return response;
}

}  // namespace

void add_health_routes(Routes& routes, const HealthSources& sources) {
  routes.add("getSystemHealth", [sources](const ApiRequest& request) -> Result<ApiResponse> {
    return health(sources, request.tenant_scope());
  });
}

}  // namespace warder::manager
