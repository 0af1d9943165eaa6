// How sessions end, and what is written down of it.
#include "manager/identity/sessions.h"

#include <gtest/gtest.h>

#include "manager/identity/testing.h"

namespace warder::manager {
namespace {

using testing::kGoodPassword;
using testing::TestIdentity;

/// The details of "session.end", newest first.
std::vector<boost::json::object> ends(TestIdentity& test) {
  AuditQuery query;
  query.action = "session.end";
  const AuditPage page = test.audit.list(test.tenants.scope(), query).value();
  std::vector<boost::json::object> details;
  for (const AuditEntry& entry : page.items) details.push_back(entry.record.detail);
  return details;
}

std::string text(const boost::json::object& detail, std::string_view key) {
  return std::string(std::string_view(detail.at(key).as_string()));
}

TEST(Sessions, AnEndIsWrittenDownWithWhatTheSessionWas) {
  TestIdentity test;
  test.add_user("ann");
  const LoggedIn session = test.log_in("ann").value();
  test.clock.advance(std::chrono::minutes(7));
  ASSERT_TRUE(test.identity.authenticate(session.token, false));
  test.clock.advance(std::chrono::minutes(3));
  ASSERT_TRUE(test.identity.log_out(session.principal));
  const auto written = ends(test);
  ASSERT_EQ(written.size(), 1U);
  EXPECT_EQ(written[0].at("duration_s"), 600);
  EXPECT_EQ(text(written[0], "reason"), "logout");
  EXPECT_EQ(text(written[0], "method"), "password");
  EXPECT_EQ(text(written[0], "peer"), "127.0.0.1");
  EXPECT_EQ(text(written[0], "session"), session.principal.session.text());
  EXPECT_EQ(text(written[0], "last_used"), to_rfc3339(test.clock.now() - std::chrono::minutes(3)));
  EXPECT_TRUE(test.identity.log_out(session.principal)) << "twice is no error";
  EXPECT_EQ(ends(test).size(), 1U);
}

TEST(Sessions, EveryWayToEndHasItsReason) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  const User root = test.add_user("root");
  const TenantScope by_root = test.scope_of(root);
  const auto reason = [&] { return text(ends(test).at(0), "reason"); };
  LoggedIn kept = test.log_in("ann").value();
  LoggedIn other = test.log_in("ann").value();
  ASSERT_TRUE(test.identity.end_session(kept.principal, other.principal.session));
  EXPECT_EQ(reason(), "ended-by-user");
  other = test.log_in("ann").value();
  ASSERT_TRUE(test.identity.change_password(kept.principal, kGoodPassword, "Another-Horse-8"));
  EXPECT_EQ(reason(), "password-changed");
  ASSERT_TRUE(test.identity.end_user_session(by_root, kept.principal.session));
  EXPECT_EQ(reason(), "ended-by-administrator");
  EXPECT_FALSE(test.identity.authenticate(kept.token, false));
  kept = test.log_in("ann", "Another-Horse-8").value();
  ASSERT_TRUE(test.identity.end_sessions(by_root, ann.id));
  EXPECT_EQ(reason(), "user-changed");
  kept = test.log_in("ann", "Another-Horse-8").value();
  ASSERT_TRUE(test.identity.mark_compromised(by_root, ann.id));
  EXPECT_EQ(reason(), "compromised");
  EXPECT_EQ(ends(test).size(), 5U);
}

TEST(Sessions, NobodyEndsTheOwnOrAStrongerOnesAsAnAdministrator) {
  TestIdentity test;
  const User root = test.add_user("root");
  const User eve = test.add_user("eve", "operator");
  const LoggedIn session = test.log_in("root").value();
  const LoggedIn weak = test.log_in("eve").value();
  const TenantScope by_eve = test.identity.scope_of(weak.principal, "agents:read").value();
  EXPECT_EQ(test.identity.end_user_sessions(by_eve, root.id).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(test.identity.end_user_session(by_eve, session.principal.session).error().code, ErrorCode::Forbidden);
  EXPECT_EQ(test.identity.end_user_sessions(test.scope_of(root), root.id).error().code, ErrorCode::Forbidden);
  EXPECT_TRUE(test.identity.authenticate(session.token, false));
  EXPECT_TRUE(ends(test).empty());
}

TEST(Sessions, OneThatGoesOnTooLongEndedAtItsLimit) {
  TestIdentity test;
  test.add_user("ann");
  const LoggedIn browser = test.log_in("ann").value();
  const LoggedIn bearer = test.log_in("ann", kGoodPassword, true).value();
  ASSERT_TRUE(test.identity.keep_sessions());
  EXPECT_TRUE(ends(test).empty());
  test.clock.advance(std::chrono::minutes(20));
  ASSERT_TRUE(test.identity.keep_sessions());
  ASSERT_EQ(ends(test).size(), 1U);
  EXPECT_EQ(text(ends(test)[0], "reason"), "idle");
  EXPECT_EQ(ends(test)[0].at("duration_s"), 15 * 60);
  EXPECT_EQ(text(ends(test)[0], "session"), browser.principal.session.text());
  test.clock.advance(std::chrono::hours(13));
  ASSERT_TRUE(test.identity.keep_sessions());
  ASSERT_EQ(ends(test).size(), 2U);
  EXPECT_EQ(text(ends(test)[0], "reason"), "expired");
  EXPECT_EQ(text(ends(test)[0], "kind"), "bearer");
  EXPECT_EQ(ends(test)[0].at("duration_s"), 12 * 3600);
  ASSERT_TRUE(test.identity.keep_sessions());
  EXPECT_EQ(ends(test).size(), 2U);
}

TEST(Sessions, AnEndThatNobodyCouldWriteDownIsNotLost) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  const LoggedIn session = test.log_in("ann").value();
  Sessions sessions(*test.tenants, test.clock, [](const TenantId&) { return SessionLimits{}; });
  ASSERT_EQ(sessions.end(ann.id, session.principal.session, {SessionEnd::LogOut, "user:" + ann.id.text()})->size(), 1U);
  ASSERT_TRUE(test.identity.keep_sessions());
  EXPECT_TRUE(ends(test).empty()) << "it may be about to be written";
  test.clock.advance(std::chrono::minutes(1));
  EXPECT_EQ(sessions.take_unnoted()->size(), 1U);
  EXPECT_TRUE(sessions.take_unnoted()->empty()) << "another has taken it";
  test.clock.advance(std::chrono::minutes(1));
  ASSERT_TRUE(test.identity.keep_sessions());
  ASSERT_EQ(ends(test).size(), 1U);
  EXPECT_EQ(test.audit.list(test.tenants.scope(), {})->items[0].actor, "user:" + ann.id.text());
  test.clock.advance(std::chrono::minutes(2));
  ASSERT_TRUE(test.identity.keep_sessions());
  EXPECT_EQ(ends(test).size(), 1U);
}

TEST(Sessions, TheHistoryHasPresentAndPastOnesInPages) {
  TestIdentity test;
  const User ann = test.add_user("ann");
  test.add_user("bob");
  const TenantScope scope = test.tenants.scope();
  const LoggedIn first = test.log_in("ann").value();
  test.clock.advance(std::chrono::seconds(1));
  const LoggedIn second = test.log_in("bob").value();
  test.clock.advance(std::chrono::seconds(1));
  ASSERT_TRUE(test.identity.log_out(first.principal));
  test.log_in("ann").value();
  PastSessionQuery query;
  query.limit = 2;
  PastSessionPage page = test.identity.session_history(scope, query).value();
  ASSERT_EQ(page.items.size(), 2U);
  ASSERT_TRUE(page.next_cursor);
  EXPECT_EQ(page.items[1].session.id, second.principal.session);
  query.cursor = *page.next_cursor;
  page = test.identity.session_history(scope, query).value();
  ASSERT_EQ(page.items.size(), 1U);
  EXPECT_FALSE(page.next_cursor);
  EXPECT_EQ(page.items[0].session.id, first.principal.session);
  EXPECT_EQ(page.items[0].reason, "logout");
  query = {ann.id, 10, {}};
  EXPECT_EQ(test.identity.session_history(scope, query)->items.size(), 2U);
  test.clock.advance(std::chrono::hours(1));
  page = test.identity.session_history(scope, query).value();
  for (const PastSession& item : page.items)
    EXPECT_TRUE(item.ended) << "no session is shown as in force after its limit";
  test.clock.advance(std::chrono::days(31));
  ASSERT_TRUE(test.identity.keep_sessions());
  EXPECT_TRUE(test.identity.session_history(scope, query)->items.empty());
}

}  // namespace
}  // namespace warder::manager
