#include "manager/identity/approvals.h"

#include "manager/identity/rows.h"

namespace warder::manager {

namespace {

constexpr std::string_view kColumns =
    "SELECT id, action, object, reason, requester, approver, state, created, expires, decided FROM approvals ";

struct StateName {
  ApprovalState state;
  std::string_view name;
};
constexpr StateName kStates[] = {
    {ApprovalState::Pending, "pending"}, {ApprovalState::Approved, "approved"}, {ApprovalState::Rejected, "rejected"},
    {ApprovalState::Expired, "expired"}, {ApprovalState::Used, "used"},
};

Result<ApprovalState> parse_state(std::string_view text) {
  for (const StateName& row : kStates) {
    if (row.name == text) return row.state;
  }
  return fail(ErrorCode::Corrupt, "approvals: no such state");
}

/// Expiry is a fact of time, not a stored state.
Result<Approval> read_approval(const Row& row, Timestamp now) {
  Approval approval;
  approval.id = WD_TRY(parse_id<ApprovalId>(row.text(0)));
  approval.action = row.text(1);
  approval.object = row.text(2);
  approval.reason = row.text(3);
  approval.requester = WD_TRY(parse_id<UserId>(row.text(4)));
  if (!row.is_null(5)) approval.approver = WD_TRY(parse_id<UserId>(row.text(5)));
  approval.state = WD_TRY(parse_state(row.text(6)));
  approval.created = from_micros(row.integer(7));
  approval.expires = from_micros(row.integer(8));
  approval.decided = optional_time_at(row, 9);
  const bool is_open = approval.state == ApprovalState::Pending || approval.state == ApprovalState::Approved;
  if (is_open && approval.expires <= now) approval.state = ApprovalState::Expired;
  return approval;
}

Result<Approval> find_in(Db& db, const ApprovalId& id, Timestamp now) {
  const auto approval = WD_TRY(read_row(db, std::string(kColumns) + "WHERE id = ?1", {id.text()},
                                        [now](const Row& row) { return read_approval(row, now); }));
  if (!approval) return fail(ErrorCode::NotFound, "no such approval");
  return *approval;
}

AuditRecord record_of(std::string_view action, const Approval& approval, boost::json::object detail = {}) {
  detail["action"] = approval.action;
  detail["object"] = approval.object;
  return {std::string(action), "approval:" + approval.id.text(), AuditOutcome::Success, std::move(detail)};
}

}  // namespace

std::string_view name(ApprovalState state) noexcept {
  for (const StateName& row : kStates) {
    if (row.state == state) return row.name;
  }
  return "pending";
}

Result<ApprovalPage> Approvals::list(const TenantScope& scope, std::size_t limit, std::string_view cursor) {
  // Version 7 ids sort by creation; "~" is after every id.
  std::string before = WD_TRY(key_of_cursor(cursor));
  if (before.empty()) before = "~";
  auto db = WD_TRY(tenants_.config(scope).acquire());
  ApprovalPage page;
  page.items = WD_TRY(read_rows(*db, std::string(kColumns) + "WHERE id < ?1 ORDER BY id DESC LIMIT ?2",
                                {before, static_cast<std::int64_t>(limit + 1)},
                                [now = clock_.now()](const Row& row) { return read_approval(row, now); }));
  if (page.items.size() > limit) {
    page.items.pop_back();
    page.next_cursor = cursor_of(page.items.back().id.text());
  }
  return page;
}

Result<Approval> Approvals::find(const TenantScope& scope, const ApprovalId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, id, clock_.now());
}

Result<Approval> Approvals::request(const TenantScope& scope, const UserId& requester, const ApprovalDraft& draft) {
  Approval approval;
  approval.created = clock_.now();
  approval.id = make_id<ApprovalId>(approval.created);
  approval.action = draft.action;
  approval.object = draft.object;
  approval.reason = draft.reason;
  approval.requester = requester;
  approval.expires = approval.created + draft.expires_in;
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(
      db->execute("INSERT INTO approvals (id, action, object, reason, requester, state, created, expires) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, 'pending', ?6, ?7)",
                  {approval.id.text(), approval.action, approval.object, approval.reason, requester.text(),
                   to_micros(approval.created), to_micros(approval.expires)}));
  WD_TRY(audit_.append_in(*db, scope, record_of("approval.request", approval)));
  WD_TRY(tx.commit());
  return approval;
}

Result<Approval> Approvals::decide(const TenantScope& scope, const UserId& approver, const ApprovalId& id,
                                   bool is_approved, std::string_view comment) {
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  Approval approval = WD_TRY(find_in(*db, id, now));
  if (approval.requester == approver) return fail(ErrorCode::Forbidden, "nobody decides the own request");
  if (approval.state != ApprovalState::Pending) {
    return fail(ErrorCode::Conflict, "the request is " + std::string(name(approval.state)) + " already");
  }
  approval.state = is_approved ? ApprovalState::Approved : ApprovalState::Rejected;
  approval.approver = approver;
  approval.decided = now;
  WD_TRY(db->execute(
      "UPDATE approvals SET state = ?2, approver = ?3, decided = ?4, comment = ?5 WHERE id = ?1",
      {id.text(), std::string(name(approval.state)), approver.text(), to_micros(now), std::string(comment)}));
  WD_TRY(audit_.append_in(*db, scope, record_of("approval.decide", approval, {{"approved", is_approved}})));
  WD_TRY(tx.commit());
  return approval;
}

Result<void> Approvals::use(const TenantScope& scope, const ApprovalId& id, std::string_view action,
                            std::string_view object) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const Approval approval = WD_TRY(find_in(*db, id, clock_.now()));
  if (approval.state != ApprovalState::Approved) {
    return fail(ErrorCode::Forbidden, "the approval is " + std::string(name(approval.state)));
  }
  const bool is_for_this =
      approval.action == action && approval.object == object && scope.actor() == "user:" + approval.requester.text();
  if (!is_for_this) return fail(ErrorCode::Forbidden, "the approval is for another act, object or person");
  WD_TRY(db->execute("UPDATE approvals SET state = 'used' WHERE id = ?1", {id.text()}));
  WD_TRY(audit_.append_in(*db, scope, record_of("approval.use", approval)));
  WD_TRY(tx.commit());
  return {};
}

FeatureSchema approvals_schema() {
  return {
      "approvals",
      {{1,
        "approvals",
        {"CREATE TABLE approvals (id TEXT PRIMARY KEY, action TEXT NOT NULL, object TEXT NOT NULL, "
         "reason TEXT NOT NULL, requester TEXT NOT NULL, approver TEXT, state TEXT NOT NULL, comment TEXT, "
         "created BIGINT NOT NULL, expires BIGINT NOT NULL, decided BIGINT)"}}},
      {{"approvals", "id", PersonalData::None},
       {"approvals", "action", PersonalData::None},
       {"approvals", "object", PersonalData::None},
       {"approvals", "reason", PersonalData::Content},
       {"approvals", "requester", PersonalData::Identifier},
       {"approvals", "approver", PersonalData::Identifier},
       {"approvals", "state", PersonalData::None},
       {"approvals", "comment", PersonalData::Content},
       {"approvals", "created", PersonalData::None},
       {"approvals", "expires", PersonalData::None},
       {"approvals", "decided", PersonalData::None}},
  };
}

}  // namespace warder::manager
