#include "manager/identity/sessions.h"

#include <algorithm>

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::string_view kBearerPrefix = "wdk_";
constexpr std::chrono::seconds kUseResolution{60};  // a session's last use is stored once a minute

Bytes token_hash(std::string_view token) {
  const crypto::Digest digest = crypto::sha256(as_bytes(token));
  return {digest.begin(), digest.end()};
}

constexpr std::string_view kColumns =
    "SELECT id, tenant_id, user_id, is_bearer, last_used, expires, created, COALESCE(address, ''), previous_login, "
    "COALESCE(previous_address, '') FROM sessions ";

Result<SessionRecord> read_record(const Row& row) {
  return SessionRecord{WD_TRY(parse_id<SessionId>(row.text(0))),
                       WD_TRY(parse_id<TenantId>(row.text(1))),
                       WD_TRY(parse_id<UserId>(row.text(2))),
                       row.integer(3) != 0,
                       from_micros(row.integer(5)),
                       from_micros(row.integer(6)),
                       from_micros(row.integer(4)),
                       row.text(7),
                       optional_time_at(row, 8),
                       row.text(9)};
}

/// All but the newest `kept`; returns how many. Version 7 ids sort by creation.
Result<std::size_t> end_oldest(Db& db, const UserId& user, std::int64_t kept) {
  auto ids = WD_TRY(read_rows(db, "SELECT id FROM sessions WHERE user_id = ?1 ORDER BY created DESC, id DESC",
                              {user.text()}, [](const Row& row) -> Result<std::string> { return row.text(0); }));
  const auto count = std::min(ids.size(), static_cast<std::size_t>(kept));
  ids.erase(ids.begin(), ids.begin() + static_cast<std::ptrdiff_t>(count));
  for (const std::string& id : ids) WD_TRY(db.execute("DELETE FROM sessions WHERE id = ?1", {id}));
  return ids.size();
}

tl::unexpected<Error> no_session() {
  return fail(ErrorCode::Unauthenticated, "log in first");
}

}  // namespace

Result<NewSession> Sessions::start(const TenantId& tenant, const UserId& user, bool is_bearer,
                                   const SessionOrigin& origin) {
  const Timestamp now = clock_.now();
  const SessionLimits limits = WD_TRY(limits_of_(tenant));
  NewSession session;
  session.token = std::string(is_bearer ? kBearerPrefix : "") + to_base64url(random_bytes(32));
  session.record = {make_id<SessionId>(now),
                    tenant,
                    user,
                    is_bearer,
                    now + limits.absolute,
                    now,
                    now,
                    origin.address,
                    origin.previous_login,
                    origin.previous_address};
  auto db = WD_TRY(tenants_.control().acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(db->execute("DELETE FROM sessions WHERE expires <= ?1", {to_micros(now)}));
  WD_TRY(
      db->execute("INSERT INTO sessions (id, token_hash, tenant_id, user_id, is_bearer, created, last_used, expires, "
                  "address, previous_login, previous_address) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10)",
                  {session.record.id.text(), token_hash(session.token), tenant.text(), user.text(),
                   std::int64_t{is_bearer}, to_micros(now), to_micros(session.record.expires), origin.address,
                   time_or_null(origin.previous_login), origin.previous_address}));
  if (limits.at_once > 0) session.ended = WD_TRY(end_oldest(*db, user, limits.at_once));
  WD_TRY(tx.commit());
  return session;
}

Result<SessionRecord> Sessions::find(std::string_view token, bool is_bearer) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.control().acquire());
  const auto record =
      WD_TRY(read_row(*db, std::string(kColumns) + "WHERE token_hash = ?1", {token_hash(token)}, read_record));
  if (!record || record->is_bearer != is_bearer) return no_session();
  WD_TRY(check_in_force(*record));
  if (now - record->last_used >= kUseResolution) {
    WD_TRY(db->execute("UPDATE sessions SET last_used = ?1 WHERE id = ?2", {to_micros(now), record->id.text()}));
  }
  return *record;
}

Result<void> Sessions::check_in_force(const SessionRecord& record) const {
  const Timestamp now = clock_.now();
  const auto limits = limits_of_(record.tenant);
  if (!limits && limits.error().code == ErrorCode::NotFound) return no_session();
  if (!limits) return fail(limits.error());
  const bool is_idle = !record.is_bearer && now - record.last_used >= limits->idle;
  if (record.expires <= now || now - record.created >= limits->absolute || is_idle) return no_session();
  return {};
}

Result<std::vector<SessionRecord>> Sessions::list(const UserId& user) {
  auto db = WD_TRY(tenants_.control().acquire());
  return read_rows(*db, std::string(kColumns) + "WHERE user_id = ?1 ORDER BY created DESC, id DESC LIMIT 100",
                   {user.text()}, read_record);
}

Result<std::optional<SessionRecord>> Sessions::find_by_id(const SessionId& id) {
  auto db = WD_TRY(tenants_.control().acquire());
  return read_row(*db, std::string(kColumns) + "WHERE id = ?1", {id.text()}, read_record);
}

Result<void> Sessions::end_of(const UserId& user, const SessionId& id) {
  auto db = WD_TRY(tenants_.control().acquire());
  if (WD_TRY(db->execute("DELETE FROM sessions WHERE id = ?1 AND user_id = ?2", {id.text(), user.text()})) == 0)
    return fail(ErrorCode::NotFound, "no such session of yours");
  return {};
}

Result<void> Sessions::end(const SessionId& id) {
  auto db = WD_TRY(tenants_.control().acquire());
  WD_TRY(db->execute("DELETE FROM sessions WHERE id = ?1", {id.text()}));
  return {};
}

Result<void> Sessions::end_all(const UserId& user, const std::optional<SessionId>& kept) {
  auto db = WD_TRY(tenants_.control().acquire());
  WD_TRY(db->execute("DELETE FROM sessions WHERE user_id = ?1 AND id <> ?2",
                     {user.text(), kept ? kept->text() : std::string()}));
  return {};
}

std::string csrf_token_of(std::string_view session_token) {
  return to_base64url(crypto::hmac_sha256(as_bytes(session_token), as_bytes("warder csrf v1")));
}

FeatureSchema sessions_schema() {
  return {
      "sessions",
      {{1,
        "sessions",
        {"CREATE TABLE sessions (id TEXT PRIMARY KEY, token_hash BLOB NOT NULL UNIQUE, tenant_id TEXT NOT NULL, "
         "user_id TEXT NOT NULL, is_bearer INTEGER NOT NULL, created BIGINT NOT NULL, last_used BIGINT NOT NULL, "
         "expires BIGINT NOT NULL)",
         "CREATE INDEX sessions_user ON sessions (user_id)"}},
       {2,
        "from where",
        {"ALTER TABLE sessions ADD COLUMN address TEXT", "ALTER TABLE sessions ADD COLUMN previous_login BIGINT",
         "ALTER TABLE sessions ADD COLUMN previous_address TEXT"}}},
      {{"sessions", "id", PersonalData::None},
       {"sessions", "token_hash", PersonalData::Secret},
       {"sessions", "tenant_id", PersonalData::None},
       {"sessions", "user_id", PersonalData::Identifier},
       {"sessions", "is_bearer", PersonalData::None},
       {"sessions", "created", PersonalData::Identifier},
       {"sessions", "last_used", PersonalData::Identifier},
       {"sessions", "expires", PersonalData::None},
       {"sessions", "address", PersonalData::Identifier},
       {"sessions", "previous_login", PersonalData::Identifier},
       {"sessions", "previous_address", PersonalData::Identifier}},
  };
}

}  // namespace warder::manager
