// What administrators do, as events: found with all others and sent on to other systems. Who did what to what and how
// it ended, without the detail: who may read events sees them without the right audit:read.
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <set>
#include <string_view>

#include "base/log.h"
#include "manager/audit/audit_log.h"
#include "manager/events/event_store.h"
#include "manager/tenancy/scope_maker.h"

namespace warder::manager {

/// The event of an entry: its id and time are the entry's, so that telling it again stores nothing.
Result<Event> audit_event(std::string_view leaf);

/// Whether an entry of this actor is told. What the manager's own jobs do they tell themselves, as far as people are to
/// know it; and what they do because of an event must not be an event that they do the same for.
bool is_told(std::string_view actor) noexcept;

/// note() may be called by any thread; the rest by one.
class AuditEvents {
 public:
  struct Parts {
    Tenants& tenants;
    const ScopeMaker& scopes;
    AuditLog& audit;
    EventStore& events;
    const host::Clock& clock;
    Log& log;
  };
  explicit AuditEvents(const Parts& parts) : parts_(parts) {}

  /// There is something new in these lists, or will be as soon as it is committed.
  void note(const std::set<TenantId>& tenants);
  /// Tells what is new in the lists that were noted. What cannot be told is logged and comes again.
  void keep_up();

  /// Tells the entries that were not told yet, looking at no more than `limit`; says at how many it looked. The first
  /// time it begins with those of the last day. It remembers how far it came when they are stored: after a crash in
  /// between they come again, and are the same events.
  Result<std::size_t> tell(const TenantScope& scope, std::size_t limit);

 private:
  /// Whether there may be more.
  bool tell_some(const TenantId& tenant);

  const Parts parts_;
  std::mutex mutex_;  // guards noted_
  std::set<TenantId> noted_;
  std::map<TenantId, int> due_;  // for how many rounds more to look
};

}  // namespace warder::manager
