#include "manager/provisioning/tenant_template.h"

#include <algorithm>
#include <map>
#include <set>

#include "base/json.h"
#include "manager/identity/rows.h"
#include "manager/policies/sections.h"
#include "model/policy.h"

namespace warder::manager {
namespace {

const json::array& list_at(const json::object& document, std::string_view key) {
  static const json::array kNone;
  const json::value* found = find(document, key);
  return found == nullptr ? kNone : found->as_array();
}

std::string text_at(const json::object& object, std::string_view key) {
  const json::value* found = find(object, key);
  return found == nullptr ? std::string{} : std::string{std::string_view{found->as_string()}};
}

std::string place(std::string_view list, std::size_t index) {
  return "/" + std::string{list} + "/" + std::to_string(index);
}

json::object document_of(const json::object& policy) {
  const json::value* found = find(policy, "document");
  return found == nullptr ? json::object{} : found->as_object();
}

Rights rights_of(const json::object& role) {
  Rights rights;
  for (const json::value& right : list_at(role, "rights")) rights.emplace(std::string_view{right.as_string()});
  return rights;
}

Result<void> check_policies(const json::array& policies) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < policies.size(); ++i) {
    const json::object& policy = policies[i].as_object();
    const std::string where = place("policies", i);
    const std::string name = text_at(policy, "name");
    const std::string parent = text_at(policy, "parent");
    if (!parent.empty() && parent != kBasePolicyName && !names.contains(parent))
      return fail(ErrorCode::Invalid, where + "/parent: no earlier policy of the template is called so");
    if (name == kBasePolicyName && !parent.empty())
      return fail(ErrorCode::Invalid, where + "/parent: Base inherits from nothing");
    if (!names.insert(name).second) return fail(ErrorCode::Invalid, where + "/name: an earlier policy is called so");
    auto checked = check_policy(policy_sections(), document_of(policy));
    if (checked) continue;
    Error error = std::move(checked).error();
    error.message = where + "/document" + (error.message.starts_with('/') ? "" : ": ") + error.message;
    return fail(std::move(error));
  }
  return {};
}

Result<void> check_roles(const json::array& roles) {
  std::set<std::string> names;
  for (std::size_t i = 0; i < roles.size(); ++i) {
    const json::object& role = roles[i].as_object();
    const std::string where = place("roles", i);
    const std::string name = text_at(role, "name");
    if (find_built_in_role(name) != nullptr || !names.insert(name).second)
      return fail(ErrorCode::Invalid, where + "/name: there is another role of this name");
    for (const std::string& right : rights_of(role)) {
      if (std::ranges::find(all_rights(), right) == all_rights().end())
        return fail(ErrorCode::Invalid, where + "/rights: there is no right " + right);
    }
  }
  return {};
}

std::optional<std::int64_t> limit_at(const json::object& limits, std::string_view key) {
  const json::value* found = find(limits, key);
  if (found == nullptr || found->is_null()) return std::nullopt;
  return found->to_number<std::int64_t>();
}

Result<TenantTemplate> read_stored(const Row& row) {
  TenantTemplate stored;
  stored.document = WD_TRY(parse_json(row.text(0), std::size_t{4} << 20)).as_object();
  stored.version = row.integer(1);
  stored.modified = from_micros(row.integer(2));
  stored.modified_by = row.text(3);
  return stored;
}

}  // namespace

std::string template_etag(const TenantTemplate& stored) {
  return "\"" + std::to_string(stored.version) + "\"";
}

Result<void> check_template(const json::object& document) {
  WD_TRY(check_roles(list_at(document, "roles")));
  return check_policies(list_at(document, "policies"));
}

TenantLimits template_limits(const json::object& document) {
  const json::value* found = find(document, "limits");
  if (found == nullptr) return {};
  const json::object& limits = found->as_object();
  return {limit_at(limits, "max_agents"), limit_at(limits, "max_users"), limit_at(limits, "max_events_per_day")};
}

std::string template_partition(const json::object& document) {
  return text_at(document, "event_partition");
}

Result<void> apply_template(const json::object& document, const TenantScope& scope, Roles& roles, Policies& policies) {
  const json::array& role_list = list_at(document, "roles");
  for (std::size_t i = 0; i < role_list.size(); ++i) {
    const json::object& role = role_list[i].as_object();
    const Role draft{text_at(role, "name"), text_at(role, "description"), rights_of(role)};
    WD_TRY(roles.create(scope, draft).in("template: " + place("roles", i)));
  }
  std::map<std::string, PolicyId> made;
  const Policy base = WD_TRY(policies.base(scope));
  made.emplace(kBasePolicyName, base.id);
  const json::array& policy_list = list_at(document, "policies");
  for (std::size_t i = 0; i < policy_list.size(); ++i) {
    const json::object& policy = policy_list[i].as_object();
    const std::string where = "template: " + place("policies", i);
    const std::string name = text_at(policy, "name");
    if (name == kBasePolicyName) {
      PolicyChange change;
      change.document = document_of(policy);
      WD_TRY(policies.update(scope, base.id, base.etag(), change).in(where));
      continue;
    }
    PolicyDraft draft{name, text_at(policy, "description"), std::nullopt, document_of(policy)};
    if (const auto parent = made.find(text_at(policy, "parent")); parent != made.end()) draft.parent = parent->second;
    made.emplace(name, WD_TRY(policies.create(scope, draft).in(where)).id);
  }
  return {};
}

Result<TenantTemplate> read_template(Db& control) {
  auto stored = WD_TRY(read_row(
      control, "SELECT document, version, modified, modified_by FROM tenant_template WHERE id = 1", {}, read_stored));
  return stored ? std::move(*stored) : TenantTemplate{};
}

Result<void> write_template(Db& control, const TenantTemplate& stored) {
  WD_TRY(
      control.execute("INSERT INTO tenant_template (id, document, version, modified, modified_by) "
                      "VALUES (1, ?1, ?2, ?3, ?4) ON CONFLICT (id) DO UPDATE SET document = excluded.document, "
                      "version = excluded.version, modified = excluded.modified, modified_by = excluded.modified_by",
                      {canonical_json(stored.document), stored.version,
                       to_micros(stored.modified.value_or(Timestamp{})), stored.modified_by}));
  return {};
}

}  // namespace warder::manager
