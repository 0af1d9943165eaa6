// Sessions: what a cookie or a bearer token stands for. The token itself is never stored, only its SHA-256. One that is
// over moves to a history, which is kept for 30 days; what the audit log has of it stays.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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
  std::string method{};       // as in SessionOrigin; empty for sessions that are older than this member
  std::string certificate{};  // as in SessionOrigin
};

/// Where a session is started from, how the user has proven who they are, and the login before.
struct SessionOrigin {
  std::string address;
  std::optional<Timestamp> previous_login;
  std::string previous_address;
  std::string method;         // "password", "password+totp", "passkey", "certificate", "oidc", "oidc+mfa", …
  std::string certificate{};  // the fingerprint of the client certificate that is part of the proof
};

/// Why a session is over.
enum class SessionEnd : std::uint8_t {
  LogOut,
  ByUser,           // from another session
  ByAdministrator,  // somebody else
  Idle,
  Expired,
  TooMany,  // made room for a newer one
  PasswordChanged,
  FactorChanged,
  UserChanged,  // disabled, removed, other roles
  Compromised,
};
/// "logout", "ended-by-user", …
std::string_view name(SessionEnd why) noexcept;

struct SessionEnding {
  SessionEnd why;
  std::string actor;  // "user:<id>", "job:sessions"
};

/// A session of the present or of the history.
struct PastSession {
  SessionRecord session;
  std::optional<Timestamp> ended;  // of one that went on too long: when its time was over
  std::string reason{};            // of the end
  std::string actor{};             // who ended it
};

struct NewSession {
  std::string token;  // "wdk_…" for a bearer
  SessionRecord record;
  std::vector<PastSession> ended;  // older ones of the user that had to make room
};

struct PastSessionQuery {
  std::optional<UserId> user;  // nothing: all of the tenant
  std::size_t limit = 100;
  std::string cursor;
};

struct PastSessionPage {
  std::vector<PastSession> items;  // newest first
  std::optional<std::string> next_cursor;
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
  /// The user's, newest first, at most a hundred; also ones that are over and not yet cleared away.
  Result<std::vector<SessionRecord>> list(const UserId& user);
  /// Nothing when it has ended, as far as the database knows.
  Result<std::optional<SessionRecord>> find_by_id(const SessionId& id);
  /// Unauthenticated when a record's time is over.
  [[nodiscard]] Result<void> check_in_force(const SessionRecord& record) const;

  // Each returns what it ended, for the audit log: note it there, then call set_noted().
  /// NotFound when the user has no such session.
  Result<std::vector<PastSession>> end(const UserId& user, const SessionId& id, const SessionEnding& how);
  /// What its user has proven since it began.
  Result<void> set_method(const SessionId& id, const std::string& method);
  /// All of a user's but `kept`.
  Result<std::vector<PastSession>> end_all(const UserId& user, const std::optional<SessionId>& kept,
                                           const SessionEnding& how);
  /// Those of every tenant whose time is over.
  Result<std::vector<PastSession>> end_overdue();
  /// Those that ended a minute ago or more and that nobody has noted: whoever ended them did not come that far.
  Result<std::vector<PastSession>> take_unnoted();
  Result<void> set_noted(const SessionId& id);

  /// Present and past ones of a tenant's users.
  Result<PastSessionPage> history(const TenantId& tenant, const PastSessionQuery& query);
  /// Removes from the history what is too old for it.
  Result<void> forget_old();

 private:
  /// When its time was over and why; nothing while it is in force.
  [[nodiscard]] std::optional<std::pair<Timestamp, SessionEnd>> overdue(const SessionRecord& record,
                                                                        const SessionLimits& limits) const;
  [[nodiscard]] Result<PastSession> past(const SessionRecord& record, const SessionEnding& how) const;
  /// False: somebody else has ended it meanwhile.
  Result<bool> move_to_history(Db& transaction, const PastSession& ended) const;
  Result<std::vector<PastSession>> make_room(Db& transaction, const SessionRecord& added, std::int64_t kept);
  Result<std::vector<PastSession>> end_these(const std::vector<SessionRecord>& sessions, const SessionEnding& how);

  Tenants& tenants_;
  const host::Clock& clock_;
  LimitsOf limits_of_;
};

/// What a page must send back in X-CSRF-Token; follows from the cookie, so nothing is stored.
std::string csrf_token_of(std::string_view session_token);

/// The table of control.db.
FeatureSchema sessions_schema();

}  // namespace warder::manager
