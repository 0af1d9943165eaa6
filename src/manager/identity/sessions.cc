#include "manager/identity/sessions.h"

#include <algorithm>

#include "base/random.h"
#include "crypto/hash.h"
#include "manager/identity/session_rows.h"

namespace warder::manager {

namespace {

constexpr std::string_view kBearerPrefix = "wdk_";

Bytes token_hash(std::string_view token) {
  const crypto::Digest digest = crypto::sha256(as_bytes(token));
  return {digest.begin(), digest.end()};
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
                    origin.previous_address,
                    origin.method,
                    origin.certificate};
  auto db = WD_TRY(tenants_.control().acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(
      db->execute("INSERT INTO sessions (id, token_hash, tenant_id, user_id, is_bearer, created, last_used, expires, "
                  "address, previous_login, previous_address, method, certificate) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, ?7, ?8, ?9, ?10, ?11, ?12)",
                  {session.record.id.text(), token_hash(session.token), tenant.text(), user.text(),
                   std::int64_t{is_bearer}, to_micros(now), to_micros(session.record.expires), origin.address,
                   time_or_null(origin.previous_login), origin.previous_address, origin.method, origin.certificate}));
  if (limits.at_once > 0) session.ended = WD_TRY(make_room(*db, session.record, limits.at_once - 1));
  WD_TRY(tx.commit());
  return session;
}

/// Keeps so many of the user's others, the newest.
Result<std::vector<PastSession>> Sessions::make_room(Db& transaction, const SessionRecord& added, std::int64_t kept) {
  auto others =
      WD_TRY(read_rows(transaction, session_select() + "WHERE user_id = ?1 AND id <> ?2 ORDER BY created DESC, id DESC",
                       {added.user.text(), added.id.text()}, read_session));
  others.erase(others.begin(), others.begin() + std::min(std::ssize(others), std::ptrdiff_t{kept}));
  std::vector<PastSession> ended;
  for (const SessionRecord& other : others) {
    PastSession one = WD_TRY(past(other, {SessionEnd::TooMany, "user:" + added.user.text()}));
    if (WD_TRY(move_to_history(transaction, one))) ended.push_back(std::move(one));
  }
  return ended;
}

Result<SessionRecord> Sessions::find(std::string_view token, bool is_bearer) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.control().acquire());
  const auto record =
      WD_TRY(read_row(*db, session_select() + "WHERE token_hash = ?1", {token_hash(token)}, read_session));
  if (!record || record->is_bearer != is_bearer) return no_session();
  WD_TRY(check_in_force(*record));
  if (now - record->last_used >= kUseResolution) {
    WD_TRY(db->execute("UPDATE sessions SET last_used = ?1 WHERE id = ?2", {to_micros(now), record->id.text()}));
  }
  return *record;
}

std::optional<std::pair<Timestamp, SessionEnd>> Sessions::overdue(const SessionRecord& record,
                                                                  const SessionLimits& limits) const {
  const Timestamp now = clock_.now();
  const Timestamp idle = record.last_used + limits.idle;
  const Timestamp last = std::min(record.expires, record.created + limits.absolute);
  if (!record.is_bearer && idle <= now && idle < last) return std::pair(idle, SessionEnd::Idle);
  if (last <= now) return std::pair(last, SessionEnd::Expired);
  return std::nullopt;
}

Result<void> Sessions::check_in_force(const SessionRecord& record) const {
  const auto limits = limits_of_(record.tenant);
  if (!limits && limits.error().code == ErrorCode::NotFound) return no_session();
  if (!limits) return fail(limits.error());
  if (overdue(record, *limits)) return no_session();
  return {};
}

Result<std::vector<SessionRecord>> Sessions::list(const UserId& user) {
  auto db = WD_TRY(tenants_.control().acquire());
  return read_rows(*db, session_select() + "WHERE user_id = ?1 ORDER BY created DESC, id DESC LIMIT 100", {user.text()},
                   read_session);
}

Result<std::optional<SessionRecord>> Sessions::find_by_id(const SessionId& id) {
  auto db = WD_TRY(tenants_.control().acquire());
  return read_row(*db, session_select() + "WHERE id = ?1", {id.text()}, read_session);
}

Result<void> Sessions::set_method(const SessionId& id, const std::string& method) {
  auto db = WD_TRY(tenants_.control().acquire());
  WD_TRY(db->execute("UPDATE sessions SET method = ?2 WHERE id = ?1", {id.text(), method}));
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
         "ALTER TABLE sessions ADD COLUMN previous_address TEXT"}},
       {3,
        "how, and those of the past",
        {"ALTER TABLE sessions ADD COLUMN method TEXT", "CREATE INDEX sessions_tenant ON sessions (tenant_id, id)",
         "CREATE TABLE ended_sessions (id TEXT PRIMARY KEY, tenant_id TEXT NOT NULL, user_id TEXT NOT NULL, "
         "is_bearer INTEGER NOT NULL, method TEXT NOT NULL, address TEXT NOT NULL, created BIGINT NOT NULL, "
         "last_used BIGINT NOT NULL, expires BIGINT NOT NULL, ended BIGINT NOT NULL, reason TEXT NOT NULL, "
         "actor TEXT NOT NULL, claimed BIGINT NOT NULL, is_noted INTEGER NOT NULL)",
         "CREATE INDEX ended_sessions_tenant ON ended_sessions (tenant_id, id)",
         "CREATE INDEX ended_sessions_noted ON ended_sessions (is_noted, claimed)"}},
       {4, "by which certificate", {"ALTER TABLE sessions ADD COLUMN certificate TEXT"}}},
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
       {"sessions", "previous_address", PersonalData::Identifier},
       {"sessions", "method", PersonalData::None},
       {"sessions", "certificate", PersonalData::Identifier},
       {"ended_sessions", "id", PersonalData::None},
       {"ended_sessions", "tenant_id", PersonalData::None},
       {"ended_sessions", "user_id", PersonalData::Identifier},
       {"ended_sessions", "is_bearer", PersonalData::None},
       {"ended_sessions", "method", PersonalData::None},
       {"ended_sessions", "address", PersonalData::Identifier},
       {"ended_sessions", "created", PersonalData::Identifier},
       {"ended_sessions", "last_used", PersonalData::Identifier},
       {"ended_sessions", "expires", PersonalData::None},
       {"ended_sessions", "ended", PersonalData::Identifier},
       {"ended_sessions", "reason", PersonalData::None},
       {"ended_sessions", "actor", PersonalData::Identifier},
       {"ended_sessions", "claimed", PersonalData::None},
       {"ended_sessions", "is_noted", PersonalData::None}},
  };
}

}  // namespace warder::manager
