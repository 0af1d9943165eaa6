// The part of Identity about sessions that exist: showing them, ending them, and writing down how each has ended.
#include "manager/identity/identity.h"

namespace warder::manager {

namespace {

boost::json::object detail_of(const PastSession& past) {
  const SessionRecord& session = past.session;
  const auto duration = std::chrono::duration_cast<std::chrono::seconds>(*past.ended - session.created);
  return {{"session", session.id.text()},
          {"reason", past.reason},
          {"kind", session.is_bearer ? "bearer" : "browser"},
          {"method", session.method},
          {"peer", session.address},
          {"started", to_rfc3339(session.created)},
          {"last_used", to_rfc3339(session.last_used)},
          {"ended", to_rfc3339(*past.ended)},
          {"duration_s", duration.count()}};
}

}  // namespace

Result<void> Identity::log_out(const Principal& principal) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  auto ended = sessions_.end(principal.user, principal.session, {SessionEnd::LogOut, scope.actor()});
  if (!ended && ended.error().code == ErrorCode::NotFound) return {};  // twice at the same moment
  return note_ends(WD_TRY(std::move(ended)));
}

Result<std::vector<SessionRecord>> Identity::sessions_of(const Principal& principal) {
  auto sessions = WD_TRY(sessions_.list(principal.user));
  std::erase_if(sessions, [&](const SessionRecord& record) { return !sessions_.check_in_force(record); });
  return sessions;
}

Result<void> Identity::end_session(const Principal& principal, const SessionId& id) {
  const TenantScope scope = WD_TRY(scope_of(principal));
  return note_ends(WD_TRY(sessions_.end(principal.user, id, {SessionEnd::ByUser, scope.actor()})));
}

Result<PastSessionPage> Identity::session_history(const TenantScope& scope, const PastSessionQuery& query) {
  if (query.user) WD_TRY(users_.find(scope, *query.user));
  return sessions_.history(scope.tenant(), query);
}

Result<void> Identity::end_user_session(const TenantScope& scope, const SessionId& id) {
  const auto session = WD_TRY(sessions_.find_by_id(id));
  if (!session || session->tenant != scope.tenant()) return fail(ErrorCode::NotFound, "no such session");
  WD_TRY(users_.find_helped(scope, session->user));
  return note_ends(WD_TRY(sessions_.end(session->user, id, {SessionEnd::ByAdministrator, scope.actor()})));
}

Result<void> Identity::end_user_sessions(const TenantScope& scope, const UserId& user) {
  WD_TRY(users_.find_helped(scope, user));
  return end_sessions(scope, user, SessionEnd::ByAdministrator);
}

Result<void> Identity::end_sessions(const TenantScope& scope, const UserId& user, SessionEnd why) {
  return note_ends(WD_TRY(sessions_.end_all(user, std::nullopt, {why, scope.actor()})));
}

Result<void> Identity::keep_sessions() {
  WD_TRY(note_ends(WD_TRY(sessions_.end_overdue())));
  WD_TRY(note_ends(WD_TRY(sessions_.take_unnoted())));
  return sessions_.forget_old();
}

/// In the name of who ended it. A tenant that is gone has no log any more.
Result<void> Identity::note_ends(const std::vector<PastSession>& ended) {
  for (const PastSession& past : ended) {
    const auto scope = scopes_.make(past.session.tenant, past.actor);
    if (!scope && scope.error().code != ErrorCode::NotFound) return fail(scope.error());
    if (scope) {
      WD_TRY(audit_.append(*scope, "session.end", "user:" + past.session.user.text(), AuditOutcome::Success,
                           detail_of(past)));
    }
    WD_TRY(sessions_.set_noted(past.session.id));
  }
  return {};
}

}  // namespace warder::manager
