// Rules that put tags on events when they come: a filter, and the tag of what it matches.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/events/filter.h"
#include "manager/events/stored_event.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

using TagRuleId = Id<struct TagRuleTag>;

struct TagRuleDraft {
  std::string name;
  std::string filter;
  std::string tag;
  bool is_enabled = true;
};

struct TagRule {
  TagRuleId id;
  TagRuleDraft draft;
  Timestamp created{};
  std::int64_t version = 1;
};

inline constexpr std::size_t kMaxTagRules = 200;  // of a tenant: each event is held against all of them

/// Thread-safe. Every change is an audit entry of the same transaction.
class TagRules {
 public:
  TagRules(Tenants& tenants, AuditLog& audit, const host::Clock& clock) noexcept
      : tenants_(tenants), audit_(audit), clock_(clock) {}

  /// By name.
  Result<std::vector<TagRule>> list(const TenantScope& scope);
  Result<TagRule> find(const TenantScope& scope, const TagRuleId& id);
  /// Invalid with the pointer of the member; Conflict for a name that is taken.
  Result<TagRule> create(const TenantScope& scope, const TagRuleDraft& draft);
  Result<TagRule> update(const TenantScope& scope, const TagRuleId& id, std::string_view etag,
                         const TagRuleDraft& draft);
  Result<void> remove(const TenantScope& scope, const TagRuleId& id, std::string_view etag);

  /// Puts the tags of the enabled rules on events, in the order of the rules' names: a rule sees the tags of those
  /// before it. The rules are those of at most 5 s ago, or of this manager's last change.
  Result<void> apply(const TenantScope& scope, std::span<StoredEvent* const> events);

 private:
  struct Compiled {
    Filter filter;
    std::string tag;
  };
  struct Known {
    std::shared_ptr<const std::vector<Compiled>> rules;
    Timestamp read{};
  };

  Result<std::shared_ptr<const std::vector<Compiled>>> rules_of(const TenantScope& scope);
  Result<void> record(Db& transaction, const TenantScope& scope, std::string_view action, const TagRule& rule);
  void forget(const TenantScope& scope);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards known_
  std::map<TenantId, Known> known_;
};

/// The tables of config.db.
FeatureSchema tag_rules_schema();

}  // namespace warder::manager
