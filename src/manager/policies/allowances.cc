#include "manager/policies/allowances.h"

#include <algorithm>

#include "base/json.h"
#include "engines/integrity/explain.h"
#include "manager/policies/sections.h"

namespace warder::manager {
namespace {

constexpr int kAttempts = 3;  // somebody else may change the policy at the same time

}  // namespace

Result<bool> add_allowance(Policies& policies, const TenantScope& scope, const PolicyId& id, const std::string& line,
                           const std::function<Result<void>(Db&)>& also) {
  WD_TRY(integrity::Allowance::parse(line));
  Result<bool> done = false;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    Policy policy = WD_TRY(policies.find(scope, id));
    const json::object whole = effective_policy(policy_sections(), WD_TRY(policies.layers(scope, id)));
    json::array lines = *WD_TRY(get_array(*WD_TRY(get_object(whole, "integrity")), "allowances"));
    if (std::ranges::find(lines, json::value(line)) != lines.end()) return false;
    lines.emplace_back(line);
    json::value& section = policy.document["integrity"];
    if (!section.is_object()) section = json::object();
    section.get_object()["allowances"] = std::move(lines);
    PolicyChange change;
    change.document = policy.document;
    change.also = also;
    const auto updated = policies.update(scope, id, policy.etag(), change);
    if (updated) return true;
    done = fail(updated.error());
    if (updated.error().code != ErrorCode::Stale) break;
  }
  return done;
}

}  // namespace warder::manager
