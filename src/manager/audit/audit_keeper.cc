#include "manager/audit/audit_keeper.h"

namespace warder::manager {
namespace {

constexpr std::string_view kActor = "job:audit-keeper";

AuditFinding to_finding(const AuditVerification& verification) {
  return {verification.first_bad_index.value_or(0), verification.detail};
}

}  // namespace

AuditKeeper::AuditKeeper(const Parts& parts, AuditKeeperOptions options, Told told)
    : parts_(parts),
      options_(options),
      told_(std::move(told)),
      broken_gauge_(parts.metrics.gauge("warder_audit_broken", "Tenants whose audit log is not as it was written")),
      verified_counter_(parts.metrics.counter("warder_audit_verifications", "Audit logs verified as a whole")) {}

AuditKeeper::~AuditKeeper() = default;

void AuditKeeper::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void AuditKeeper::run(const std::stop_token& stop) {
  while (!stop.stop_requested()) {
    options_.runs.run([&] { work(stop); });
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, options_.checkpoint, [this] { return is_wanted_; });
  }
}

void AuditKeeper::verify_soon() {
  const std::scoped_lock lock(mutex_);
  for (auto& [tenant, kept] : kept_) kept.verified.reset();
  is_wanted_ = true;
  changed_.notify_all();
}

void AuditKeeper::work(const std::stop_token& stop) {
  {
    const std::scoped_lock lock(mutex_);
    is_wanted_ = false;
  }
  sign_new();
  for (const Tenant& tenant : parts_.tenants.list()) {
    if (stop.stop_requested()) return;
    if (!is_due(tenant.id)) continue;
    if (const auto scope = parts_.scopes.make(tenant.id, std::string{kActor})) verify(*scope, stop);
  }
}

bool AuditKeeper::is_due(const TenantId& tenant) const {
  const std::scoped_lock lock(mutex_);
  const auto found = kept_.find(tenant);
  return found == kept_.end() || !found->second.verified ||
         parts_.clock.steady_now() - *found->second.verified >= options_.verify;
}

void AuditKeeper::sign_new() {
  next_sign_ = parts_.clock.steady_now() + options_.checkpoint;
  std::set<TenantId> changed = parts_.audit.take_changed();
  if (std::exchange(is_first_, false)) {
    for (const Tenant& tenant : parts_.tenants.list()) changed.insert(tenant.id);
  }
  if (options_.tell_changed && !changed.empty()) options_.tell_changed(changed);
  unsigned_.merge(changed);
  for (const TenantId& tenant : std::exchange(unsigned_, {})) {
    const auto scope = parts_.scopes.make(tenant, std::string{kActor});
    if (!scope) continue;  // it was deleted
    const auto signed_now = sign(*scope);
    if (signed_now || signed_now.error().code == ErrorCode::NotFound) continue;  // an empty list
    if (signed_now.error().code == ErrorCode::Corrupt) {
      // Which entry it is takes a verification to say; once.
      const std::scoped_lock lock(mutex_);
      Kept& kept = kept_[tenant];
      if (!kept.broken) kept.verified.reset();
      continue;
    }
    unsigned_.insert(tenant);
    parts_.log.warning("audit.unsigned", signed_now.error().message, {{"tenant", tenant.text()}});
  }
}

Result<void> AuditKeeper::sign(const TenantScope& scope) {
  const AuditCheckpoint checkpoint = WD_TRY(parts_.audit.make_checkpoint(scope));
  const auto forked = WD_TRY(compare_with_memory(scope, checkpoint));
  if (!forked) return {};
  {
    const std::scoped_lock lock(mutex_);
    Kept& kept = kept_[scope.tenant()];
    if (kept.forked == forked) return {};
    kept.forked = forked;
    set_gauge();
  }
  told_(scope, *forked);
  return {};
}

Result<std::optional<AuditFinding>> AuditKeeper::compare_with_memory(const TenantScope& scope,
                                                                     const AuditCheckpoint& checkpoint) {
  std::optional<Remembered> before;
  {
    const std::scoped_lock lock(mutex_);
    before = kept_[scope.tenant()].remembered;
  }
  const crypto::NoteKey key = before ? before->key : WD_TRY(parts_.audit.key(scope));
  const auto opened = crypto::open_checkpoint(checkpoint.note, key);
  if (!opened) return AuditFinding{checkpoint.entries, "a checkpoint is not signed with the key of this list"};
  if (before && opened->head.size < before->head.size)
    return AuditFinding{checkpoint.entries + 1,
                        "the list is shorter than it was: " + std::to_string(before->head.size)};
  if (before) {
    const auto proof = parts_.audit.prove_consistency(scope, static_cast<std::int64_t>(before->head.size),
                                                      static_cast<std::int64_t>(opened->head.size));
    if (!proof && proof.error().code != ErrorCode::Corrupt) return fail(proof.error());
    if (!proof || !crypto::is_consistent(before->head, opened->head, *proof))
      return AuditFinding{0, "the first " + std::to_string(before->head.size) + " entries are not those signed before"};
  }
  const std::scoped_lock lock(mutex_);
  kept_[scope.tenant()].remembered = Remembered{key, opened->head};
  return std::optional<AuditFinding>{};
}

void AuditKeeper::verify(const TenantScope& scope, const std::stop_token& stop) {
  const auto verified = parts_.audit.verify(scope, [&] { return rest(stop); });
  if (stop.stop_requested()) return;
  if (!verified) {
    // Tried again in the next round.
    parts_.log.warning("audit.unverified", verified.error().message, {{"tenant", scope.tenant().text()}});
    return;
  }
  std::optional<AuditFinding> again;
  {
    const std::scoped_lock lock(mutex_);
    Kept& kept = kept_[scope.tenant()];
    kept.verified = parts_.clock.steady_now();
    again = verified->intact ? kept.forked : std::nullopt;
    kept.broken.reset();
  }
  verified_counter_.add();
  note(scope, *verified);
  if (again) return told_(scope, *again);
  if (verified->intact) {
    const auto compared = sign(scope);
    if (!compared && compared.error().code != ErrorCode::NotFound)
      parts_.log.warning("audit.unverified", compared.error().message, {{"tenant", scope.tenant().text()}});
  }
}

void AuditKeeper::note(const TenantScope& scope, const AuditVerification& verification) {
  const auto found = verification.intact ? std::nullopt : std::optional(to_finding(verification));
  bool is_new = false;
  {
    const std::scoped_lock lock(mutex_);
    Kept& kept = kept_[scope.tenant()];
    is_new = found && kept.broken != found;
    kept.broken = found;
    set_gauge();
  }
  if (is_new) told_(scope, *found);
}

std::optional<AuditFinding> AuditKeeper::finding(const TenantId& tenant) const {
  const std::scoped_lock lock(mutex_);
  const auto found = kept_.find(tenant);
  if (found == kept_.end()) return {};
  return found->second.broken ? found->second.broken : found->second.forked;
}

/// Between two pages: what came in meanwhile is signed in its time.
bool AuditKeeper::rest(const std::stop_token& stop) {
  if (options_.rest.count() > 0) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, stop, options_.rest, [] { return false; });
  }
  if (stop.stop_requested()) return false;
  if (parts_.clock.steady_now() >= next_sign_) sign_new();
  return true;
}

/// With mutex_ held.
void AuditKeeper::set_gauge() {
  std::int64_t count = 0;
  for (const auto& [tenant, kept] : kept_) count += kept.broken || kept.forked ? 1 : 0;
  broken_gauge_.set(count);
}

}  // namespace warder::manager
