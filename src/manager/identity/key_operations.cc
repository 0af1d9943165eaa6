#include "manager/identity/key_operations.h"

#include <algorithm>

namespace warder::manager {
namespace {

constexpr std::string_view kRoot = "root";
constexpr std::string_view kTenant = "tenant";
// An entry stays readable, and below the limit of entries.
constexpr std::size_t kUsesInEntry = 100;

bool needs_root_key(const KeyTarget& target) {
  return target.level == kRoot || target.level == kTenant;
}

Result<void> check_target(const KeyTarget& target) {
  if (target.level == kRoot && !target.owner.empty())
    return fail(ErrorCode::Invalid, "/owner: there is one root key; leave it out");
  if (target.level != kRoot && target.owner.empty())
    return fail(ErrorCode::Invalid, "/owner: a tenant's id, or control");
  if (needs_root_key(target)) return {};
  const KeyClass key_class = WD_TRY(parse_key_class(target.level).in("/level"));
  if (key_class == KeyClass::Derivation)
    return fail(ErrorCode::Invalid, "/level: the derivation key stays: what it derives must not change");
  return {};
}

/// Those of one kind that follow one another, at most as many as an entry takes.
std::size_t same_kind(std::span<const RootUse> uses) {
  std::size_t count = 1;
  while (count < uses.size() && count < kUsesInEntry && uses[count].operation == uses[0].operation &&
         uses[count].succeeded == uses[0].succeeded)
    ++count;
  return count;
}

}  // namespace

std::string key_object(const KeyTarget& target) {
  if (target.level == kRoot) return "key:root";
  return "key:" + target.owner + "/" + target.level;
}

KeyOperations::KeyOperations(Tenants& tenants, AuditLog& audit, Approvals& approvals, Users& users,
                             const host::Clock& clock, std::vector<std::string> custodians)
    : tenants_(tenants),
      audit_(audit),
      approvals_(approvals),
      users_(users),
      clock_(clock),
      custodians_(std::move(custodians)) {
  tenants_.keys().on_root_use([this] { static_cast<void>(note_uses("job:keys")); });
}

KeyOperations::~KeyOperations() {
  tenants_.keys().on_root_use({});
}

bool KeyOperations::is_first(const TenantScope& scope) const {
  const auto first = tenants_.find_by_name(kFirstTenant);
  return first && first->id == scope.tenant();
}

Result<std::vector<KeyState>> KeyOperations::list(const TenantScope& scope) const {
  std::vector<KeyState> keys = WD_TRY(tenants_.keys().list());
  if (is_first(scope)) return keys;
  std::erase_if(keys, [&](const KeyState& key) { return key.owner != scope.tenant().text(); });
  // Who wraps the tenant's key is the operator's business.
  for (KeyState& key : keys) key.root.clear();
  return keys;
}

Result<bool> KeyOperations::is_custodian(const TenantScope& scope, const UserId& user) const {
  const User found = WD_TRY(users_.find(scope, user));
  return !found.disabled && std::ranges::find(custodians_, found.username) != custodians_.end();
}

Result<void> KeyOperations::check_class(const TenantScope& scope, const KeyTarget& target) const {
  if (!scope.is_whole()) return scope.forbid("keys are the whole tenant's");
  if (target.owner == scope.tenant().text() || is_first(scope)) return {};
  return scope.hide("owner " + target.owner + " has no keys");
}

Result<void> KeyOperations::check_custodians(const TenantScope& scope, const KeyTarget& target,
                                             const std::optional<ApprovalId>& approval) {
  if (!is_first(scope)) return scope.forbid("the root key is the business of the first tenant's custodians");
  if (custodians_.empty())
    return scope.forbid("nobody may use the root key: root_key_custodians is empty in manager.toml");
  if (!approval) return scope.forbid("the root key takes two custodians: give the id of an approval");
  const Approval given = WD_TRY(approvals_.find(scope, *approval));
  if (!WD_TRY(is_custodian(scope, given.requester)))
    return scope.forbid("who asked is not a custodian of the root key (root_key_custodians)");
  if (!given.approver || !WD_TRY(is_custodian(scope, *given.approver)))
    return scope.forbid("no other custodian of the root key has approved (root_key_custodians)");
  return approvals_.use(scope, *approval, kRotateKeys, key_object(target));
}

Result<RotatedKey> KeyOperations::rotate(const TenantScope& scope, const KeyTarget& target,
                                         const std::optional<ApprovalId>& approval) {
  WD_TRY(check_target(target));
  if (needs_root_key(target)) {
    WD_TRY(check_custodians(scope, target, approval));
  } else {
    WD_TRY(check_class(scope, target));
  }
  return carry_out(scope, target);
}

Result<RotatedKey> KeyOperations::rotate_offline(const TenantScope& scope, const KeyTarget& target) {
  WD_TRY(check_target(target));
  return carry_out(scope, target);
}

Result<RotatedKey> KeyOperations::carry_out(const TenantScope& scope, const KeyTarget& target) {
  KeyStore& keys = tenants_.keys();
  RotatedKey rotated{target, std::nullopt};
  const auto done = [&]() -> Result<void> {
    if (target.level == kRoot) return keys.rotate_root();
    if (target.level == kTenant) {
      rotated.epoch = WD_TRY(keys.rotate_tenant(target.owner, clock_.now()));
    } else {
      rotated.epoch = WD_TRY(keys.rotate_class(target.owner, WD_TRY(parse_key_class(target.level)), clock_.now()));
    }
    return {};
  }();
  boost::json::object detail;
  if (rotated.epoch) detail["epoch"] = *rotated.epoch;
  if (!done) detail["error"] = done.error().message;
  const auto noted = note_uses(scope.actor());
  WD_TRY(audit_.append(scope, kRotateKeys, key_object(target), done ? AuditOutcome::Success : AuditOutcome::Failure,
                       std::move(detail)));
  if (!done) return tl::unexpected(done.error());
  if (!noted) return tl::unexpected(noted.error());
  return rotated;
}

Result<void> KeyOperations::note_uses(const std::string& actor) {
  const std::lock_guard lock(notes_mutex_);
  const auto first = tenants_.find_by_name(kFirstTenant);
  if (!first) return {};
  const TenantScope scope = WD_TRY(ScopeMaker{tenants_}.make(first->id, actor));
  std::vector<RootUse> uses = tenants_.keys().take_uses();
  std::ranges::stable_sort(uses, {}, [](const RootUse& use) { return std::pair{use.operation, !use.succeeded}; });
  std::span<const RootUse> left{uses};
  while (!left.empty()) {
    const std::size_t count = same_kind(left);
    if (auto written = append_uses(scope, left.first(count)); !written) {
      tenants_.keys().put_back({left.begin(), left.end()});
      return written;
    }
    left = left.subspan(count);
  }
  return {};
}

Result<void> KeyOperations::append_uses(const TenantScope& first, std::span<const RootUse> uses) {
  boost::json::array keys;
  for (const RootUse& use : uses) keys.emplace_back(boost::json::string(use.key));
  const AuditOutcome outcome = uses[0].succeeded ? AuditOutcome::Success : AuditOutcome::Failure;
  WD_TRY(audit_.append(first, "root-key." + std::string{name(uses[0].operation)}, "key:root", outcome,
                       {{"keys", std::move(keys)}, {"provider", uses[0].provider}}));
  return {};
}

}  // namespace warder::manager
