// The channels of a tenant: through what its people are told.
#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/clock.h"
#include "manager/audit/audit_log.h"
#include "manager/notify/channel_kinds.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"

namespace warder::manager {

struct NoticeChannel {
  NoticeChannelId id;
  std::string name;
  std::string kind;  // is_channel_kind(): "mail"
  bool is_enabled = true;
  std::string language = "en";   // or "ja", or "both"
  boost::json::object settings;  // of the kind; sealed where it is stored, for it may name people
  bool has_secret = false;
  Timestamp created{};
  std::int64_t version = 1;
};

struct NoticeChannelDraft {
  std::string name;
  std::string kind;
  bool is_enabled = true;
  std::string language = "en";
  boost::json::object settings{};
  std::optional<std::string> secret{};  // absent: as it was
};

inline constexpr std::size_t kMaxNoticeChannels = 100;  // of a tenant

/// What every tenant's channels have in common.
struct ChannelRules {
  bool is_plain_mail_allowed = false;
  std::string version{};                                             // of the product
  std::function<sinks::MayReach(const TenantScope&)> reach_of = {};  // where a tenant may send to; empty: anywhere
};

/// Thread-safe. Every change is an audit entry of the same transaction.
class NoticeChannels {
 public:
  NoticeChannels(Tenants& tenants, AuditLog& audit, const host::Clock& clock, ChannelRules rules = {})
      : tenants_(tenants), audit_(audit), clock_(clock), rules_(std::move(rules)) {}

  /// By name.
  Result<std::vector<NoticeChannel>> list(const TenantScope& scope);
  Result<NoticeChannel> find(const TenantScope& scope, const NoticeChannelId& id);
  /// Invalid, with a pointer, for settings that cannot be used; Conflict when the name is taken or there are too many.
  Result<NoticeChannel> create(const TenantScope& scope, const NoticeChannelDraft& draft);
  /// The kind stays: Invalid otherwise. `etag` is the one read, or "*"; an old one is Stale.
  Result<NoticeChannel> update(const TenantScope& scope, const NoticeChannelId& id, std::string_view etag,
                               const NoticeChannelDraft& draft);
  Result<void> remove(const TenantScope& scope, const NoticeChannelId& id, std::string_view etag);

  /// What sends through it. NotFound when it is gone, Conflict while it is disabled, unless `even_disabled`.
  Result<std::unique_ptr<NoticeWay>> way(const TenantScope& scope, const NoticeChannelId& id,
                                         bool even_disabled = false);

 private:
  struct Stored;
  Result<Stored> read(const TenantScope& scope, const Row& row) const;
  Result<Stored> find_in(Db& db, const TenantScope& scope, const NoticeChannelId& id) const;
  [[nodiscard]] WayOptions options_of(const TenantScope& scope, boost::json::object settings, std::string secret) const;
  [[nodiscard]] Result<void> check(const TenantScope& scope, const NoticeChannelDraft& draft,
                                   const std::string& secret) const;
  [[nodiscard]] Bytes seal(const TenantScope& scope, const NoticeChannelId& id, const boost::json::object& settings,
                           const std::string& secret) const;
  Result<void> record(Db& db, const TenantScope& scope, std::string_view action, const NoticeChannel& channel);

  Tenants& tenants_;
  AuditLog& audit_;
  const host::Clock& clock_;
  const ChannelRules rules_;
};

/// The first by name that sends mail and is enabled; NotFound.
Result<NoticeChannel> first_mail_channel(NoticeChannels& channels, const TenantScope& scope);

/// The table of config.db.
FeatureSchema notice_channels_schema();

}  // namespace warder::manager
