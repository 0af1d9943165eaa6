#include "manager/api/policy_approval.h"

#include "base/json.h"
#include "manager/identity/approvals.h"
#include "manager/policies/blocking.h"
#include "manager/policies/sections.h"

namespace warder::manager {
namespace {

constexpr std::string_view kPreventAction = "ips.prevent";

}  // namespace

json::object ips_of(std::span<const PolicyLayer> layers) {
  const json::object whole = effective_policy(policy_sections(), layers);
  const json::value* const section = find(whole, "ips");
  return section != nullptr && section->is_object() ? section->get_object() : json::object();
}

Result<void> ask_block_approval(const ApiRequest& request, Policies& policies, Approvals* approvals, const PolicyId& id,
                                const std::optional<std::optional<PolicyId>>& parent,
                                const std::optional<json::object>& document) {
  if (approvals == nullptr || (!parent && !document)) return {};
  const TenantScope& scope = request.tenant_scope();
  auto layers = WD_TRY(policies.layers(scope, id));
  const auto before = ips_of(layers);
  PolicyLayer own = std::move(layers.back());
  layers.pop_back();
  if (parent && *parent) layers = WD_TRY(policies.layers(scope, **parent));
  if (document) own.document = *document;
  layers.push_back(std::move(own));
  if (!blocks_more(before, ips_of(layers))) return {};
  const std::string object = "policy:" + id.text();
  const auto approval = request.query("approval_id");
  if (!approval) {
    return fail(ErrorCode::Forbidden, "intrusion prevention would block more than before: ask for an approval of " +
                                          std::string(kPreventAction) + " for " + object +
                                          ", and give its number as approval_id");
  }
  return approvals->use(scope, WD_TRY(parse_id<ApprovalId>(*approval)), kPreventAction, object);
}

}  // namespace warder::manager
