// Warder's own programs: starts, errors, commands, and the state of protection.
#include <algorithm>
#include <array>

#include "formats/ocsf_bodies.h"
#include "formats/ocsf_objects.h"

namespace warder::formats {
namespace {

bool is_failure(const OcsfEvent& out) {
  const std::string_view type = out.source().event.type;
  return out.source().event.action == Action::Failed || type.ends_with(".failed") || type.ends_with(".refused");
}

// How protected the host is after the event, where the event says so.
struct Protection {
  std::string_view type;
  int level_id;
  std::string_view level;
  int state_id;  // 0: none of OCSF's
  std::string_view state;
};
constexpr std::array kProtections{
    Protection{"agent.module.degraded", 2, "At Risk", 5, "Protection malfunction"},
    Protection{"agent.module.failed", 2, "At Risk", 5, "Protection malfunction"},
    Protection{"agent.module.recovered", 1, "Secure", 0, "Unknown"},
    Protection{"agent.policy.none", 2, "At Risk", 2, "Policy mismatch"},
    Protection{"agent.policy.refused", 2, "At Risk", 2, "Policy mismatch"},
    Protection{"anti-malware.signatures.failed", 2, "At Risk", 1, "Missing or outdated content"},
    Protection{"anti-malware.signatures.loading", 2, "At Risk", 1, "Missing or outdated content"},
    Protection{"anti-malware.signatures.missing", 2, "At Risk", 1, "Missing or outdated content"},
    Protection{"anti-malware.signatures.old", 2, "At Risk", 1, "Missing or outdated content"},
    Protection{"firewall.rules.failed", 2, "At Risk", 2, "Policy mismatch"},
    Protection{"firewall.rules.rolled-back", 2, "At Risk", 2, "Policy mismatch"},
    Protection{"ips.rules.none", 2, "At Risk", 1, "Missing or outdated content"},
    Protection{"log-inspection.rules.none", 2, "At Risk", 1, "Missing or outdated content"},
    Protection{"log-inspection.sources.none", 2, "At Risk", 4, "Protection off"},
};

void add_protection(OcsfEvent& out) {
  const auto* const row = std::ranges::find(kProtections, std::string_view(out.source().event.type), &Protection::type);
  if (row == kProtections.end()) return;
  out.body["security_level_id"] = row->level_id;
  out.body["security_level"] = row->level;
  if (row->state_id != 0)
    out.body["security_states"] = json::array{json::object{{"state_id", row->state_id}, {"state", row->state}}};
}

void add_policy(OcsfEvent& out) {
  json::object policy;
  out.put(policy, "name", "policy.name");
  out.put(policy, "uid", "policy.id");
  if (policy.empty()) return;
  out.put(policy, "version", "policy.digest");
  policy["is_applied"] = out.source().event.type == "agent.policy.applied";
  out.use_profile("security_control");
  out.body["policy"] = std::move(policy);
}

void add_actor(OcsfEvent& out) {
  auto actor = ocsf_actor(out, "actor");
  if (!actor) return;
  out.use_profile("host");
  out.body["actor"] = std::move(*actor);
}

}  // namespace

bool fill_application_lifecycle(OcsfEvent& out, const OcsfKind&) {
  json::object app = ocsf_product(out);
  out.put(app, "version", "agent.version");
  out.body["app"] = std::move(app);
  add_actor(out);
  add_status(out, !is_failure(out));
  add_status_detail(out);
  return true;
}

bool fill_application_error(OcsfEvent& out, const OcsfKind&) {
  add_actor(out);
  add_status(out, false);
  add_status_detail(out);
  return true;
}

bool fill_api_activity(OcsfEvent& out, const OcsfKind&) {
  json::object api;
  if (!out.put(api, "operation", "command.name") && !out.put(api, "operation", "audit.action"))
    api["operation"] = "unknown";
  json::object request;
  if (out.put(request, "uid", "command.id")) api["request"] = std::move(request);
  json::object response;
  if (out.put(response, "error_message", "error")) api["response"] = std::move(response);
  out.body["api"] = std::move(api);
  json::object actor{{"app_name", "Warder Manager"}};
  if (json::object user; out.put(user, "uid", "audit.actor")) actor["user"] = std::move(user);
  out.body["actor"] = std::move(actor);
  out.body["src_endpoint"] = json::object{{"svc_name", "Warder Manager"}};
  if (auto own = ocsf_own_endpoint(out)) out.body["dst_endpoint"] = std::move(*own);
  add_status(out, !is_failure(out));
  add_status_detail(out);
  return true;
}

bool fill_device_config_state_change(OcsfEvent& out, const OcsfKind&) {
  add_protection(out);
  add_policy(out);
  if (auto actor = ocsf_actor(out, "actor")) out.body["actor"] = std::move(*actor);
  add_status(out, !is_failure(out));
  add_status_detail(out);
  return true;
}

bool fill_base_event(OcsfEvent& out, const OcsfKind&) {
  add_actor(out);
  add_status(out, !is_failure(out));
  add_status_detail(out);
  return true;
}

}  // namespace warder::formats
