// A person says that a change was expected.
#include "manager/api/routes_explain.h"

#include <algorithm>

#include "manager/api/fleet_json.h"
#include "manager/identity/principal.h"
#include "manager/policies/allowances.h"

namespace warder::manager {
namespace {

template <class T>
const T* field(const Event& event, std::string_view key) {
  const EventValue* value = event.find(key);
  return value == nullptr ? nullptr : std::get_if<T>(value);
}

// A key pattern that matches this path alone; a blank would end the word, so it stands for any one character.
Result<std::string> pattern_of(std::string_view path) {
  std::string pattern;
  for (const char c : path) {
    // A backslash is part of the name, or how an event writes a byte that is no text: nobody can tell.
    if (c == '\\' || static_cast<unsigned char>(c) < 0x20)
      return fail(ErrorCode::Invalid, "/allow: this path cannot be written into a policy");
    if (c == '*' || c == '?') pattern += '\\';
    pattern += c == ' ' ? '?' : c;
  }
  return pattern;
}

json::object audit_detail(const StoredEvent& stored, const std::string& reason, bool is_allowed,
                          const std::string& until) {
  json::object detail{{"reason", reason}, {"allow", is_allowed}, {"host", stored.host}};
  if (!until.empty()) detail["until"] = until;
  for (const char* key : {"file.path", "file.hash.sha256", "entity.kind", "entity.key"})
    if (const auto* text = field<std::string>(stored.event, key)) detail[key] = *text;
  return detail;
}

Result<ApiResponse> explain(const ExplainParts& parts, const ApiRequest& request) {
  const TenantScope& scope = request.tenant_scope();
  const auto id = WD_TRY(path_id<EventId>(request));
  const json::object& body = request.body.as_object();
  const std::string reason = member_text(body, "reason");
  const std::string who = request.principal != nullptr ? request.principal->username : scope.actor();
  const std::string until = member_text(body, "until");
  const bool is_allowed = body.contains("allow") && WD_TRY(get_bool(body, "allow"));
  if (is_allowed && request.principal != nullptr && !request.principal->may("policies:write"))
    return scope.forbid("/allow: changes a policy, which takes the right policies:write");
  if (!until.empty() && !is_allowed) return fail(ErrorCode::Invalid, "/until: only what is allowed comes to an end");
  // The event is kept in another file than policy and audit entry, which are one transaction: the event comes last, so
  // that nothing of all this is left where a step fails. Between the two commits there is no step that can be refused.
  const auto before_commit = [&](const StoredEvent& stored) -> Result<void> {
    const AuditRecord record{"event.explain", "event:" + id.text(), AuditOutcome::Success,
                             audit_detail(stored, reason, is_allowed, until)};
    if (is_allowed) {
      if (!stored.agent) return fail(ErrorCode::Invalid, "/allow: the event is of no agent");
      const std::string line =
          WD_TRY(allowance_of(stored.event, who, until.empty() ? std::nullopt : std::optional(until)));
      const auto policy = WD_TRY(parts.agents.policy_of(scope, *stored.agent));
      const auto also = [&](Db& db) -> Result<void> {
        WD_TRY(parts.audit.append_in(db, scope, record));
        return {};
      };
      if (WD_TRY(add_allowance(parts.policies, scope, policy, line, also))) return {};
    }
    WD_TRY(parts.audit.append(scope, record.action, record.object, record.outcome, record.detail));
    return {};
  };
  const StoredEvent stored = WD_TRY(parts.events.explain(scope, id, {"approval of " + who, reason, before_commit}));
  ApiResponse response;
  response.body = to_api_json(stored, parts.messages, request.locale());
  return response;
}

}  // namespace

Result<std::string> allowance_of(const Event& event, std::string_view who, const std::optional<std::string>& until) {
  const auto* path = field<std::string>(event, "file.path");
  const auto* digest = field<std::string>(event, "file.hash.sha256");
  const auto* mode = field<std::string>(event, "file.mode");
  const auto* uid = field<std::int64_t>(event, "file.uid");
  const auto* gid = field<std::int64_t>(event, "file.gid");
  if (event.type == "integrity.file.deleted" || !path || !digest || !mode || !uid || !gid)
    return fail(ErrorCode::Invalid, "/allow: only a file with a known SHA-256 can be allowed");
  std::string name(who);
  std::ranges::replace(name, ' ', '_');
  std::string line = "approved=" + name + " path=" + WD_TRY(pattern_of(*path)) + " sha256=" + *digest;
  line += " mode=" + *mode + " uid=" + std::to_string(*uid) + " gid=" + std::to_string(*gid);
  if (until) line += " to=" + *until;
  return line;
}

void add_explain_routes(Routes& routes, const ExplainParts& parts) {
  routes.add("createEventExplanation", [parts](const ApiRequest& request) { return explain(parts, request); });
}

}  // namespace warder::manager
