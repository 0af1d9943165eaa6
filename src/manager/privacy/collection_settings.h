// The tenant's collection rules, kept and applied to its events.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/privacy/collection_rules.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

/// What somebody with the right to it learned of a pseudonym.
struct PseudonymAnswer {
  std::string pseudonym;     // of the candidate
  bool is_the_same = false;  // as the one that was asked about
};

/// Thread-safe. Changes and questions about pseudonyms are audit entries of the same transaction.
class CollectionSettings {
 public:
  CollectionSettings(Tenants& tenants, AuditLog& audit, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// Called after a change was committed: agents may have to get another policy. Before use.
  void on_change(std::function<void(const TenantScope&)> listener) { changed_ = std::move(listener); }

  Result<std::vector<CollectionRule>> list(const TenantScope& scope);
  /// Replaces the list; Invalid with the pointer of the member.
  Result<void> replace(const TenantScope& scope, const std::vector<CollectionRule>& rules);

  /// The rules as compiled: those of at most 5 s ago, or of this manager's last change.
  Result<std::shared_ptr<const CollectionRules>> rules(const TenantScope& scope);
  /// Before events are stored; an error keeps them from being stored.
  Result<void> apply(const TenantScope& scope, std::span<Event* const> events);

  /// The pseudonym of `candidate`, and whether it is `asked` (may be empty). There is no way from a pseudonym to its
  /// value but to ask about candidates; each question is an audit entry with its reason, which names the pseudonym and
  /// not the candidate. Invalid without a reason.
  Result<PseudonymAnswer> resolve(const TenantScope& scope, std::string_view candidate, std::string_view asked,
                                  std::string_view reason);

 private:
  struct Known {
    std::shared_ptr<const CollectionRules> rules;
    Timestamp read{};
  };

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::function<void(const TenantScope&)> changed_;
  std::mutex mutex_;  // guards the two below
  std::uint64_t changes_ = 0;
  std::map<TenantId, Known> known_;
};

/// The tables of config.db.
FeatureSchema collection_schema();

}  // namespace warder::manager
