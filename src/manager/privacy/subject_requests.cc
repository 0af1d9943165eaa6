#include "manager/privacy/subject_requests.h"

#include <array>
#include <tuple>

#include "base/json.h"
#include "base/text.h"
#include "manager/events/own_event.h"
#include "manager/policies/sql.h"

namespace warder::manager {
namespace {

constexpr std::array kRights{SubjectRight::Access,      SubjectRight::Rectification, SubjectRight::Erasure,
                             SubjectRight::Restriction, SubjectRight::Portability,   SubjectRight::Objection};
constexpr std::string_view kColumns =
    "id, kind, details, received, identity_checked, extended, closed, refused, version";
constexpr std::size_t kMinValueBytes = 2;  // shorter ones are in every text
constexpr std::size_t kMaxNotes = 100;

SealedPlace place_of(const std::string& row) {
  return {"subject_requests", row, "details"};
}

DbValue time_value(const std::optional<Timestamp>& time) {
  return time ? DbValue{to_micros(*time)} : DbValue{nullptr};
}

std::string details_text(const SubjectRequest& request) {
  json::array values;
  for (const std::string& value : request.draft.values) values.emplace_back(value);
  json::array notes;
  for (const SubjectNote& note : request.notes)
    notes.push_back(json::object{{"time", to_micros(note.time)}, {"by", note.by}, {"text", note.text}});
  return json::serialize(
      json::object{{"person", request.draft.person}, {"values", std::move(values)}, {"notes", std::move(notes)}});
}

Result<void> read_details(const std::string& text, SubjectRequest& request) {
  const json::value details = WD_TRY(parse_json(text));
  if (!details.is_object()) return fail(ErrorCode::Corrupt, "details of a request: not an object");
  request.draft.person = WD_TRY(get_string(details.get_object(), "person"));
  for (const json::value& value : *WD_TRY(get_array(details.get_object(), "values")))
    if (value.is_string()) request.draft.values.emplace_back(value.get_string());
  for (const json::value& each : *WD_TRY(get_array(details.get_object(), "notes"))) {
    if (!each.is_object()) continue;
    const json::object& note = each.get_object();
    request.notes.push_back({from_micros(WD_TRY(get_int(note, "time"))), std::string(WD_TRY(get_string(note, "by"))),
                             std::string(WD_TRY(get_string(note, "text")))});
  }
  return {};
}

Result<void> check(const SubjectDraft& draft, Timestamp now) {
  if (trim(draft.person).empty()) return fail(ErrorCode::Invalid, "/person: is empty");
  if (draft.values.empty() || draft.values.size() > kMaxPersonValues)
    return fail(ErrorCode::Invalid, "/values: not 1 to " + std::to_string(kMaxPersonValues));
  for (const std::string& value : draft.values)
    if (trim(value).size() < kMinValueBytes)
      return fail(ErrorCode::Invalid, "/values: one is too short to find a person by");
  if (draft.received && *draft.received > now) return fail(ErrorCode::Invalid, "/received: is to come");
  return {};
}

Result<void> take_step(SubjectTimes& times, SubjectStep step, Timestamp now) {
  if (times.closed) return fail(ErrorCode::Conflict, "the request is closed");
  switch (step) {
    case SubjectStep::CheckIdentity:
      if (times.identity_checked) return fail(ErrorCode::Conflict, "the identity was checked already");
      times.identity_checked = now;
      return {};
    case SubjectStep::Extend:
      if (!can_extend(times, now))
        return fail(ErrorCode::Conflict, "a request is extended once, and within a month of its reception");
      times.extended = now;
      return {};
    case SubjectStep::Complete:
      if (!times.identity_checked) return fail(ErrorCode::Conflict, "the identity was not checked yet");
      times.closed = now;
      return {};
    case SubjectStep::Refuse:
      times.closed = now;
      times.is_refused = true;
      return {};
  }
  return {};
}

std::string_view action_of(SubjectStep step) {
  switch (step) {
    case SubjectStep::CheckIdentity:
      return "subject-request.check-identity";
    case SubjectStep::Extend:
      return "subject-request.extend";
    case SubjectStep::Complete:
      return "subject-request.complete";
    case SubjectStep::Refuse:
      return "subject-request.refuse";
  }
  return "";
}

/// The same for the same request, whoever makes it and how often: the event store takes it once.
Event overdue_event(const TenantId& tenant, const SubjectRequest& request) {
  const Timestamp due = due_of(request.times);
  Event event = make_own_event(due, "privacy.request.overdue", Severity::High);
  event.id = repeatable_id(due, "privacy.request.overdue " + tenant.text() + request.id.text() + to_rfc3339(due));
  event.action = Action::Failed;
  event.set("privacy.request", request.id.text());
  event.set("reason", std::string{name(request.draft.right)});
  return event;
}

}  // namespace

std::string_view name(SubjectRight right) noexcept {
  switch (right) {
    case SubjectRight::Access:
      return "access";
    case SubjectRight::Rectification:
      return "rectification";
    case SubjectRight::Erasure:
      return "erasure";
    case SubjectRight::Restriction:
      return "restriction";
    case SubjectRight::Portability:
      return "portability";
    case SubjectRight::Objection:
      return "objection";
  }
  return "access";
}

Result<SubjectRight> parse_subject_right(std::string_view text) {
  for (const SubjectRight right : kRights)
    if (name(right) == text) return right;
  return fail(ErrorCode::Invalid, "no right is called " + std::string{text});
}

Result<SubjectStep> parse_subject_step(std::string_view text) {
  if (text == "check-identity") return SubjectStep::CheckIdentity;
  if (text == "extend") return SubjectStep::Extend;
  if (text == "complete") return SubjectStep::Complete;
  if (text == "refuse") return SubjectStep::Refuse;
  return fail(ErrorCode::Invalid, "no step is called " + std::string{text});
}

FeatureSchema subject_requests_schema() {
  using enum PersonalData;
  return {"subject-requests",
          {{1,
            "requests of data subjects",
            {"CREATE TABLE subject_requests (id TEXT NOT NULL PRIMARY KEY, kind TEXT NOT NULL, details BLOB NOT NULL, "
             "received BIGINT NOT NULL, identity_checked BIGINT, extended BIGINT, closed BIGINT, "
             "refused BIGINT NOT NULL, told BIGINT, version BIGINT NOT NULL)"}}},
          {{"subject_requests", "id", None},
           {"subject_requests", "kind", None},
           {"subject_requests", "details", Contact, "id"},
           {"subject_requests", "received", None},
           {"subject_requests", "identity_checked", None},
           {"subject_requests", "extended", None},
           {"subject_requests", "closed", None},
           {"subject_requests", "refused", None},
           {"subject_requests", "told", None},
           {"subject_requests", "version", None}}};
}

Result<std::vector<SubjectRequest>> SubjectRequests::read(Db& db, const TenantScope& scope, std::string_view where,
                                                          const std::vector<DbValue>& values) {
  const auto read_request = [&](const Row& row) -> Result<SubjectRequest> {
    SubjectRequest request;
    request.id = WD_TRY(parse_id<SubjectRequestId>(row.text(0)));
    request.draft.right = WD_TRY(parse_subject_right(row.text(1)));
    WD_TRY(read_details(WD_TRY(tenants_.open_text(scope, place_of(row.text(0)), row.bytes(2))), request));
    request.times = {from_micros(row.integer(3)), optional_time(row, 4), optional_time(row, 5), optional_time(row, 6),
                     row.integer(7) != 0};
    request.draft.received = request.times.received;
    request.version = row.integer(8);
    return request;
  };
  return select(db, "SELECT " + std::string{kColumns} + " FROM subject_requests " + std::string{where}, values,
                read_request);
}

Result<SubjectRequest> SubjectRequests::read_one(Db& db, const TenantScope& scope, const SubjectRequestId& id) {
  auto found = WD_TRY(read(db, scope, "WHERE id = ?1", {id.text()}));
  if (found.empty()) return fail(ErrorCode::NotFound, "no such request");
  return std::move(found.front());
}

Result<void> SubjectRequests::record(Db& transaction, const TenantScope& scope, std::string_view action,
                                     const SubjectRequest& request, json::object detail) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "subject-request:" + request.id.text();
  entry.detail = std::move(detail);
  entry.detail["right"] = name(request.draft.right);
  WD_TRY(audit_.append_in(transaction, scope, std::move(entry)));
  return {};
}

Result<void> SubjectRequests::write(Db& db, const TenantScope& scope, const SubjectRequest& request) {
  const std::string id = request.id.text();
  WD_TRY(
      db.execute("INSERT INTO subject_requests (id, kind, details, received, identity_checked, extended, closed, "
                 "refused, version) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) ON CONFLICT (id) DO UPDATE SET "
                 "details = excluded.details, identity_checked = excluded.identity_checked, "
                 "extended = excluded.extended, closed = excluded.closed, refused = excluded.refused, "
                 "version = excluded.version",
                 {id, std::string{name(request.draft.right)},
                  tenants_.seal_text(scope, place_of(id), details_text(request)), to_micros(request.times.received),
                  time_value(request.times.identity_checked), time_value(request.times.extended),
                  time_value(request.times.closed), std::int64_t{request.times.is_refused}, request.version}));
  return {};
}

Result<std::vector<SubjectRequest>> SubjectRequests::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read(*db, scope, "ORDER BY received DESC, id DESC", {});
}

Result<SubjectRequest> SubjectRequests::find(const TenantScope& scope, const SubjectRequestId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_one(*db, scope, id);
}

Result<SubjectRequest> SubjectRequests::open(const TenantScope& scope, const SubjectDraft& draft) {
  const Timestamp now = clock_.now();
  WD_TRY(check(draft, now));
  SubjectRequest request{new_id<SubjectRequestId>(now), draft, {}, {}, 1};
  request.times.received = draft.received.value_or(now);
  request.draft.received = request.times.received;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    WD_TRY(write(*db, scope, request));
    WD_TRY(record(*db, scope, "subject-request.open", request,
                  {{"received", to_rfc3339(request.times.received)}, {"due", to_rfc3339(due_of(request.times))}}));
    WD_TRY(transaction.commit());
  }
  // Of a request that was written down too late; when it fails now, the next look tells.
  if (state_of(request.times, now) == SubjectState::Overdue) std::ignore = tell(scope, request, now);
  return request;
}

Result<SubjectRequest> SubjectRequests::step(const TenantScope& scope, const SubjectRequestId& id, SubjectStep step,
                                             const std::string& note) {
  if (trim(note).empty()) return fail(ErrorCode::Invalid, "/note: is empty");
  const Timestamp now = clock_.now();
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  SubjectRequest request = WD_TRY(read_one(*db, scope, id));
  WD_TRY(take_step(request.times, step, now));
  if (request.notes.size() >= kMaxNotes) return fail(ErrorCode::TooLarge, "the request has too many notes");
  request.notes.push_back({now, scope.actor(), note});
  ++request.version;
  WD_TRY(write(*db, scope, request));
  WD_TRY(record(*db, scope, action_of(step), request,
                {{"state", name(state_of(request.times, now))}, {"due", to_rfc3339(due_of(request.times))}}));
  WD_TRY(transaction.commit());
  return request;
}

Result<json::object> SubjectRequests::data(const TenantScope& scope, const SubjectRequestId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx transaction = WD_TRY(Tx::begin(*db));
  const SubjectRequest request = WD_TRY(read_one(*db, scope, id));
  if (!request.times.identity_checked) return fail(ErrorCode::Conflict, "the identity was not checked yet");
  WD_TRY(record(*db, scope, "subject-request.export", request, {}));
  WD_TRY(transaction.commit());
  return data_.find(scope, request.draft.values);
}

Result<PersonErasure> SubjectRequests::erase(const TenantScope& scope, const SubjectRequestId& id) {
  const SubjectRequest request = WD_TRY(find(scope, id));
  if (request.draft.right != SubjectRight::Erasure) return fail(ErrorCode::Conflict, "it is no request of erasure");
  if (!request.times.identity_checked) return fail(ErrorCode::Conflict, "the identity was not checked yet");
  if (request.times.closed) return fail(ErrorCode::Conflict, "the request is closed");
  const auto note = [&](std::string_view action, json::object detail) -> Result<void> {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx transaction = WD_TRY(Tx::begin(*db));
    WD_TRY(record(*db, scope, action, request, std::move(detail)));
    return transaction.commit();
  };
  // Whatever ends it in between: that it was begun is known.
  WD_TRY(note("subject-request.erase-begin", {}));
  const PersonErasure erasure = WD_TRY(data_.erase(scope, request.draft.values));
  WD_TRY(note("subject-request.erase", {{"events", erasure.events},
                                        {"kept", erasure.kept},
                                        {"accounts", erasure.accounts},
                                        {"complete", erasure.is_complete},
                                        {"sha256", erasure.sha256}}));
  return erasure;
}

Result<void> SubjectRequests::tell_overdue(const TenantScope& scope) {
  std::vector<SubjectRequest> waiting;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    waiting = WD_TRY(read(*db, scope, "WHERE closed IS NULL AND told IS NULL", {}));
  }
  const Timestamp now = clock_.now();
  for (const SubjectRequest& request : waiting)
    if (state_of(request.times, now) == SubjectState::Overdue) WD_TRY(tell(scope, request, now));
  return {};
}

Result<void> SubjectRequests::tell(const TenantScope& scope, const SubjectRequest& request, Timestamp now) {
  WD_TRY(events_.record(scope, overdue_event(scope.tenant(), request)));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("UPDATE subject_requests SET told = ?2 WHERE id = ?1", {request.id.text(), to_micros(now)}));
  return {};
}

}  // namespace warder::manager
