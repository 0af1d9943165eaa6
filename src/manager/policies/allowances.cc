#include "manager/policies/allowances.h"

#include <algorithm>

#include "base/json.h"
#include "engines/integrity/explain.h"
#include "manager/policies/sections.h"

namespace warder::manager {
namespace {

constexpr int kAttempts = 3;  // somebody else may change the policy at the same time

}  // namespace

Result<void> add_allowance(Policies& policies, const TenantScope& scope, const PolicyId& id, const std::string& line) {
  WD_TRY(integrity::Allowance::parse(line));
  Result<void> done;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Policy policy = WD_TRY(policies.find(scope, id));
    const json::object whole = effective_policy(policy_sections(), WD_TRY(policies.layers(scope, id)));
    json::array lines = *WD_TRY(get_array(*WD_TRY(get_object(whole, "integrity")), "allowances"));
    if (std::ranges::find(lines, json::value(line)) != lines.end()) return {};
    lines.emplace_back(line);
    json::value& section = policy.document["integrity"];
    if (!section.is_object()) section = json::object();
    section.get_object()["allowances"] = std::move(lines);
    PolicyChange change;
    change.document = policy.document;
    const auto updated = policies.update(scope, id, policy.etag(), change);
    if (updated) return {};
    done = fail(updated.error());
    if (updated.error().code != ErrorCode::Stale) break;
  }
  return done;
}

}  // namespace warder::manager
