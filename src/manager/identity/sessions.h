// Sessions: what a cookie or a bearer token stands for. The token itself is never stored, only its SHA-256.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "host/clock.h"
#include "manager/store/migrations.h"
#include "manager/tenancy/tenants.h"
#include "model/ids.h"

namespace warder::manager {

struct SessionLimits {
  std::chrono::seconds idle{30 * 60};  // of a browser's session
  std::chrono::seconds absolute{12 * 3600};
  std::int64_t at_once = 0;  // of one user; 0: any number
};

struct SessionRecord {
  SessionId id;
  TenantId tenant;
  UserId user;
  bool is_bearer = false;
  Timestamp expires;
  Timestamp created{};
  Timestamp last_used{};
  std::string address{};                      // where it was started from
  std::optional<Timestamp> previous_login{};  // the user's one before
  std::string previous_address{};
};

/// Where a session is started from, and the login before.
struct SessionOrigin {
  std::string address;
  std::optional<Timestamp> previous_login;
  std::string previous_address;
};

struct NewSession {
  std::string token;  // "wdk_…" for a bearer
  SessionRecord record;
  std::size_t ended = 0;  // older ones of the user that had to make room
};

/// Thread-safe.
class Sessions {
 public:
  /// The limits of a tenant's sessions as they are now.
  using LimitsOf = std::function<Result<SessionLimits>(const TenantId&)>;
  Sessions(Tenants& tenants, const host::Clock& clock, LimitsOf limits_of)
      : tenants_(tenants), clock_(clock), limits_of_(std::move(limits_of)) {}

  /// Ends the user's oldest when there would be more than the limits allow.
  Result<NewSession> start(const TenantId& tenant, const UserId& user, bool is_bearer, const SessionOrigin& origin);
  /// Unauthenticated when unknown, over, idle for too long, or of the other kind.
  Result<SessionRecord> find(std::string_view token, bool is_bearer);
  Result<void> end(const SessionId& id);
  /// The user's, newest first, at most a hundred; also ones that are over and not yet cleared away.
  Result<std::vector<SessionRecord>> list(const UserId& user);
  /// NotFound when the user has no such session.
  Result<void> end_of(const UserId& user, const SessionId& id);
  /// Nothing when it has ended, as far as the database knows.
  Result<std::optional<SessionRecord>> find_by_id(const SessionId& id);
  /// Unauthenticated when a record's time is over.
  [[nodiscard]] Result<void> check_in_force(const SessionRecord& record) const;
  /// All of a user's but `kept`.
  Result<void> end_all(const UserId& user, const std::optional<SessionId>& kept);

 private:
  Tenants& tenants_;
  const host::Clock& clock_;
  LimitsOf limits_of_;
};

/// What a page must send back in X-CSRF-Token; follows from the cookie, so nothing is stored.
std::string csrf_token_of(std::string_view session_token);

/// The table of control.db.
FeatureSchema sessions_schema();

}  // namespace warder::manager
