// How sessions end, and what is kept of them afterwards.
#include "manager/identity/session_rows.h"
#include "manager/identity/sessions.h"

namespace warder::manager {

namespace {

constexpr std::chrono::days kKept{30};
constexpr std::chrono::minutes kTimeToNote{1};  // for who has ended a session, before another does it instead

constexpr std::string_view kEndedColumns =
    "SELECT id, tenant_id, user_id, is_bearer, last_used, expires, created, address, NULL, '', method, '', ended, "
    "reason, "
    "actor FROM ended_sessions ";

Result<PastSession> read_past(const Row& row) {
  return PastSession{WD_TRY(read_session(row)), optional_time_at(row, 12), row.text(13), row.text(14)};
}

}  // namespace

std::string_view name(SessionEnd why) noexcept {
  switch (why) {
    case SessionEnd::LogOut:
      return "logout";
    case SessionEnd::ByUser:
      return "ended-by-user";
    case SessionEnd::ByAdministrator:
      return "ended-by-administrator";
    case SessionEnd::Idle:
      return "idle";
    case SessionEnd::Expired:
      return "expired";
    case SessionEnd::TooMany:
      return "too-many";
    case SessionEnd::PasswordChanged:
      return "password-changed";
    case SessionEnd::FactorChanged:
      return "second-factor-changed";
    case SessionEnd::UserChanged:
      return "user-changed";
    case SessionEnd::Compromised:
      return "compromised";
  }
  return "unknown";
}

/// One whose time was over before somebody ended it ended then.
Result<PastSession> Sessions::past(const SessionRecord& record, const SessionEnding& how) const {
  const auto limits = limits_of_(record.tenant);
  if (!limits && limits.error().code != ErrorCode::NotFound) return fail(limits.error());
  if (limits) {
    if (const auto over = overdue(record, *limits))
      return PastSession{record, over->first, std::string(name(over->second)), "job:sessions"};
  }
  return PastSession{record, clock_.now(), std::string(name(how.why)), how.actor};
}

Result<bool> Sessions::move_to_history(Db& transaction, const PastSession& ended) const {
  const SessionRecord& session = ended.session;
  if (WD_TRY(transaction.execute("DELETE FROM sessions WHERE id = ?1", {session.id.text()})) == 0) return false;
  WD_TRY(transaction.execute(
      "INSERT INTO ended_sessions (id, tenant_id, user_id, is_bearer, method, address, created, last_used, expires, "
      "ended, reason, actor, claimed, is_noted) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, 0)",
      {session.id.text(), session.tenant.text(), session.user.text(), std::int64_t{session.is_bearer}, session.method,
       session.address, to_micros(session.created), to_micros(session.last_used), to_micros(session.expires),
       to_micros(*ended.ended), ended.reason, ended.actor, to_micros(clock_.now())}));
  return true;
}

Result<std::vector<PastSession>> Sessions::end_these(const std::vector<SessionRecord>& sessions,
                                                     const SessionEnding& how) {
  std::vector<PastSession> ended;
  for (const SessionRecord& session : sessions) ended.push_back(WD_TRY(past(session, how)));
  auto db = WD_TRY(tenants_.control().acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  std::vector<PastSession> moved;
  for (PastSession& session : ended)
    if (WD_TRY(move_to_history(*db, session))) moved.push_back(std::move(session));
  WD_TRY(tx.commit());
  return moved;
}

Result<std::vector<PastSession>> Sessions::end(const UserId& user, const SessionId& id, const SessionEnding& how) {
  const auto session = WD_TRY(find_by_id(id));
  if (!session || session->user != user) return fail(ErrorCode::NotFound, "no such session");
  return end_these({*session}, how);
}

Result<std::vector<PastSession>> Sessions::end_all(const UserId& user, const std::optional<SessionId>& kept,
                                                   const SessionEnding& how) {
  auto sessions = WD_TRY(read_rows(*WD_TRY(tenants_.control().acquire()), session_select() + "WHERE user_id = ?1",
                                   {user.text()}, read_session));
  std::erase_if(sessions, [&](const SessionRecord& session) { return session.id == kept; });
  return end_these(sessions, how);
}

Result<std::vector<PastSession>> Sessions::end_overdue() {
  // One that was used a moment ago was in force then.
  auto sessions = WD_TRY(read_rows(*WD_TRY(tenants_.control().acquire()),
                                   session_select() + "WHERE last_used <= ?1 OR expires <= ?2",
                                   {to_micros(clock_.now() - kUseResolution), to_micros(clock_.now())}, read_session));
  std::vector<SessionRecord> over;
  for (const SessionRecord& session : sessions) {
    const auto in_force = check_in_force(session);
    if (!in_force && in_force.error().code != ErrorCode::Unauthenticated) return fail(in_force.error());
    if (!in_force) over.push_back(session);
  }
  return end_these(over, {SessionEnd::Expired, "job:sessions"});
}

/// Of several managers one gets each: the claim is the statement that finds it as it was.
Result<std::vector<PastSession>> Sessions::take_unnoted() {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.control().acquire());
  const auto left = WD_TRY(read_rows(*db, std::string(kEndedColumns) + "WHERE is_noted = 0 AND claimed <= ?1",
                                     {to_micros(now - kTimeToNote)}, read_past));
  std::vector<PastSession> taken;
  for (const PastSession& session : left) {
    const auto claimed =
        WD_TRY(db->execute("UPDATE ended_sessions SET claimed = ?2 WHERE id = ?1 AND is_noted = 0 AND claimed <= ?3",
                           {session.session.id.text(), to_micros(now), to_micros(now - kTimeToNote)}));
    if (claimed == 1) taken.push_back(session);
  }
  return taken;
}

Result<void> Sessions::set_noted(const SessionId& id) {
  auto db = WD_TRY(tenants_.control().acquire());
  WD_TRY(db->execute("UPDATE ended_sessions SET is_noted = 1 WHERE id = ?1", {id.text()}));
  return {};
}

/// Version 7 ids sort by the time they were made; "g" comes after every one.
Result<PastSessionPage> Sessions::history(const TenantId& tenant, const PastSessionQuery& query) {
  const SessionLimits limits = WD_TRY(limits_of_(tenant));
  const std::string before = query.cursor.empty() ? "g" : WD_TRY(key_of_cursor(query.cursor));
  const std::string where =
      "WHERE tenant_id = ?1 AND id < ?2" + std::string(query.user ? " AND user_id = ?3" : " AND ?3 = ''");
  auto db = WD_TRY(tenants_.control().acquire());
  PastSessionPage page;
  page.items = WD_TRY(read_rows(*db,
                                "SELECT * FROM (" + session_select(", NULL, '', ''") + where + " UNION ALL " +
                                    std::string(kEndedColumns) + where + ") AS every ORDER BY id DESC LIMIT ?4",
                                {tenant.text(), before, query.user ? query.user->text() : std::string(),
                                 static_cast<std::int64_t>(query.limit + 1)},
                                read_past));
  for (PastSession& item : page.items) {
    const auto over = item.ended ? std::nullopt : overdue(item.session, limits);
    if (over) item = {item.session, over->first, std::string(name(over->second)), "job:sessions"};
  }
  if (page.items.size() > query.limit) {
    page.items.pop_back();
    page.next_cursor = cursor_of(page.items.back().session.id.text());
  }
  return page;
}

Result<void> Sessions::forget_old() {
  auto db = WD_TRY(tenants_.control().acquire());
  WD_TRY(
      db->execute("DELETE FROM ended_sessions WHERE is_noted = 1 AND ended < ?1", {to_micros(clock_.now() - kKept)}));
  return {};
}

}  // namespace warder::manager
