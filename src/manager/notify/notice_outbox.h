// Notices that wait to be sent. Put there in the transaction of what they tell about, taken from there by one manager
// at a time, until the receiver has them or too many tries have failed: at least once, with the same id every time.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/notify/notice.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

enum class NoticeState : std::uint8_t { Waiting, Sent, Failed };
std::string_view name(NoticeState state) noexcept;  // "waiting" …

struct StoredNotice {
  NoticeId id;
  NoticeAddress address;
  Notice notice;
  Timestamp created{};
  NoticeState state = NoticeState::Waiting;
  std::int64_t tries = 0;
  Timestamp due{};    // when it is tried next
  std::string error;  // of the last try
  std::optional<Timestamp> sent;
};

struct OutboxOptions {
  std::int64_t max_tries = 20;          // about four hours
  std::chrono::seconds first_pause{5};  // doubled with each try
  std::chrono::seconds longest_pause{900};
  std::int64_t max_waiting = 10'000;  // of a tenant; Conflict beyond
  std::chrono::hours kept{24 * 90};   // what was sent or given up
};

/// Thread-safe.
class NoticeOutbox {
 public:
  NoticeOutbox(Tenants& tenants, const host::Clock& clock, OutboxOptions options = {})
      : tenants_(tenants), clock_(clock), options_(options) {}

  /// In the caller's transaction on the tenant's config.db.
  Result<NoticeId> put(Db& transaction, const NoticeAddress& address, const Notice& notice);
  /// In one of its own.
  Result<NoticeId> put(const TenantScope& scope, const NoticeAddress& address, const Notice& notice);

  /// The newest first, at most `limit`. `about` empty: all.
  Result<std::vector<StoredNotice>> list(const TenantScope& scope, std::string_view about, std::size_t limit);
  Result<StoredNotice> find(const TenantScope& scope, const NoticeId& id);

  /// For the notifier. Channels that have notices due.
  Result<std::vector<NoticeChannelId>> due_channels(const TenantScope& scope);
  /// The oldest that is due in the channel and nobody has; nobody else gets it for `kHold`, and for twice as
  /// long at most when the clock is set back.
  static constexpr std::chrono::seconds kHold{120};
  Result<std::optional<StoredNotice>> take(const TenantScope& scope, const NoticeChannelId& channel,
                                           std::string_view holder);
  Result<void> mark_sent(const TenantScope& scope, const NoticeId& id, std::string_view holder);
  /// Tried again later, unless it is for good or was tried often enough: then Failed. Returns the state.
  Result<NoticeState> mark_failed(const TenantScope& scope, const StoredNotice& notice, std::string_view holder,
                                  std::string_view error, bool is_for_good);
  Result<std::int64_t> waiting(const TenantScope& scope);
  /// Forgets old ones.
  Result<void> prune(const TenantScope& scope);

 private:
  Tenants& tenants_;
  const host::Clock& clock_;
  const OutboxOptions options_;
};

/// The table of config.db.
FeatureSchema notices_schema();

}  // namespace warder::manager
