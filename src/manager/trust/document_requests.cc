#include "manager/trust/document_requests.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"
#include "manager/notify/mail.h"
#include "manager/trust/watermark.h"

namespace warder::manager {
namespace {

constexpr std::string_view kColumns =
    "id, number, evidence, title, asker, asked, is_refused, is_revoked, decided_by, decided, expires, accepted, terms, "
    "downloads, downloads_allowed, version, device_hash";
constexpr std::size_t kSecretBytes = 32;

std::string new_secret() {
  return to_base64url(random_bytes(kSecretBytes));
}

std::string hash_of(std::string_view secret) {
  return to_hex(crypto::sha256(as_bytes(secret)));
}

Result<void> check_line(std::string_view field, std::string_view text, std::size_t most) {
  const std::string where = "/" + std::string(field) + ": ";
  const auto is_control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  if (trim(text).empty()) return fail(ErrorCode::Invalid, where + "is empty");
  if (!is_utf8(text) || std::ranges::any_of(text, is_control)) return fail(ErrorCode::Invalid, where + "is no line");
  if (count_characters(text) > most) return fail(ErrorCode::Invalid, where + "is too long");
  return {};
}

std::string to_text(const Asker& asker) {
  return json::serialize(json::object{{"name", asker.name},
                                      {"mail", asker.mail},
                                      {"organisation", asker.organisation},
                                      {"reason", asker.reason},
                                      {"language", asker.language}});
}

Result<Asker> asker_from(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text));
  if (!value.is_object()) return fail(ErrorCode::Corrupt, "trust_requests: asker");
  const json::object& object = value.get_object();
  return Asker{std::string(WD_TRY(get_string(object, "name"))), std::string(WD_TRY(get_string(object, "mail"))),
               std::string(WD_TRY(get_string(object, "organisation"))),
               std::string(WD_TRY(get_string(object, "reason"))), std::string(WD_TRY(get_string(object, "language")))};
}

bool is_asker(const DocumentDecider& by, const Asker& asker) {
  return equals_ignoring_case(by.mail, asker.mail) || equals_ignoring_case(by.username, asker.mail);
}

bool can_be_used(RequestState state) {
  return state == RequestState::Approved || state == RequestState::Accepted;
}

tl::unexpected<Error> no_such_link() {
  return fail(ErrorCode::NotFound, "this link does not work");
}

/// One row and no other has changed, or somebody else was faster.
Result<void> check_changed(std::int64_t rows) {
  if (rows == 1) return {};
  return fail(ErrorCode::Conflict, "somebody else has decided at the same time");
}

Result<DocumentTerms> read_terms(const Row& row) {
  return DocumentTerms{row.integer(0), from_micros(row.integer(1)), row.text(2), row.text(3), row.text(4)};
}

Result<std::vector<DocumentTerms>> terms_in(Db& db) {
  return read_rows(db, "SELECT version, since, published_by, en, ja FROM trust_terms ORDER BY version DESC", {},
                   read_terms);
}

Result<std::int64_t> one_number(Db& db, std::string_view sql) {
  const auto read = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  return WD_TRY(read_row(db, sql, {}, read)).value_or(0);
}

}  // namespace

struct DocumentRequests::Stored {
  DocumentRequest request;
  std::string device_hash;  // of the browser that accepted; empty: none has
};

Result<void> check_asker(const Asker& asker) {
  WD_TRY(check_line("name", asker.name, 100));
  WD_TRY(check_line("organisation", asker.organisation, 100));
  WD_TRY(check_line("reason", asker.reason, 500));
  WD_TRY(check_line("mail", asker.mail, 254));
  WD_TRY(check_mail_address(asker.mail).in("/mail"));
  return {};
}

std::string_view name(RequestState state) noexcept {
  switch (state) {
    case RequestState::Asked:
      return "asked";
    case RequestState::Refused:
      return "refused";
    case RequestState::Approved:
      return "approved";
    case RequestState::Accepted:
      return "accepted";
    case RequestState::Revoked:
      return "revoked";
    case RequestState::Expired:
      return "expired";
    case RequestState::Used:
      return "used";
  }
  return "";
}

RequestState DocumentRequest::state(Timestamp now) const noexcept {
  if (is_refused) return RequestState::Refused;
  if (is_revoked) return RequestState::Revoked;
  if (!decided || !expires) return RequestState::Asked;
  // A clock that was set back makes no link live longer.
  if (now >= *expires || now + kClockTolerance < *decided) return RequestState::Expired;
  if (downloads >= downloads_allowed) return RequestState::Used;
  return accepted ? RequestState::Accepted : RequestState::Approved;
}

Result<DocumentRequests::Stored> DocumentRequests::read(const TenantScope& scope, const Row& row) const {
  Stored stored;
  DocumentRequest& request = stored.request;
  request.id = row.text(0);
  request.number = row.integer(1);
  request.evidence = row.text(2);
  request.title = row.text(3);
  request.asker =
      WD_TRY(asker_from(WD_TRY(tenants_.open_text(scope, {"trust_requests", request.id, "asker"}, row.bytes(4)))));
  request.asked = from_micros(row.integer(5));
  request.is_refused = row.integer(6) != 0;
  request.is_revoked = row.integer(7) != 0;
  request.decided_by = row.text(8);
  request.decided = optional_time_at(row, 9);
  request.expires = optional_time_at(row, 10);
  request.accepted = optional_time_at(row, 11);
  request.terms = row.integer(12);
  request.downloads = row.integer(13);
  request.downloads_allowed = row.integer(14);
  request.version = row.integer(15);
  stored.device_hash = row.text(16);
  return stored;
}

Result<DocumentRequests::Stored> DocumentRequests::find_in(Db& db, const TenantScope& scope,
                                                           std::string_view id) const {
  auto found = WD_TRY(read_row(db, "SELECT " + std::string(kColumns) + " FROM trust_requests WHERE id = ?1",
                               {std::string(id)}, [&](const Row& row) { return read(scope, row); }));
  if (!found) return fail(ErrorCode::NotFound, "no such request");
  return std::move(*found);
}

Result<void> DocumentRequests::record(Db& db, const TenantScope& scope, std::string_view action,
                                      const DocumentRequest& request) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "document-request:" + request.id;
  entry.detail = {{"number", request.number},
                  {"evidence", request.evidence},
                  {"terms", request.terms},
                  {"downloads", request.downloads}};
  WD_TRY(audit_.append_in(db, scope, std::move(entry)));
  return {};
}

Result<bool> DocumentRequests::is_known(Db& db, const TenantScope& scope, std::string_view evidence,
                                        const Asker& asker) const {
  const auto same = WD_TRY(
      read_rows(db,
                "SELECT " + std::string(kColumns) +
                    " FROM trust_requests WHERE evidence = ?1 AND mail_index = ?2 ORDER BY number DESC LIMIT 20",
                {std::string(evidence), tenants_.blind_index(scope, "trust_requests.mail", to_lower_ascii(asker.mail))},
                [&](const Row& row) { return read(scope, row); }));
  return std::ranges::any_of(same, [&](const Stored& each) {
    const RequestState state = each.request.state(clock_.now());
    return state == RequestState::Asked || can_be_used(state);
  });
}

Result<std::optional<DocumentRequest>> DocumentRequests::ask(const TenantScope& scope, std::string_view evidence,
                                                             const Asker& asker) {
  WD_TRY(check_asker(asker));
  const auto offered = WD_TRY(evidence_.on_request(scope));
  const auto document = std::ranges::find(offered, evidence, &EvidenceRecord::id);
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const std::int64_t open =
      WD_TRY(one_number(*db, "SELECT COUNT(*) FROM trust_requests WHERE decided IS NULL AND is_refused = 0"));
  if (open >= kMaxOpenRequests) return fail(ErrorCode::TooMany, "too many requests wait for an answer");
  if (document == offered.end()) return std::nullopt;
  auto tx = WD_TRY(Tx::begin(*db));
  if (WD_TRY(is_known(*db, scope, evidence, asker))) return std::nullopt;
  DocumentRequest request;
  request.asked = clock_.now();
  request.id = UuidGenerator{fill_random}.next(request.asked).text();
  request.number = WD_TRY(one_number(*db, "SELECT COALESCE(MAX(number), 0) FROM trust_requests")) + 1;
  request.evidence = document->id;
  request.title = document->title;
  request.asker = asker;
  WD_TRY(db->execute(
      "INSERT INTO trust_requests (id, number, evidence, title, asker, mail_index, asked, is_refused, is_revoked, "
      "decided_by, terms, downloads, downloads_allowed, version, token_hash, device_hash) VALUES (?1, ?2, ?3, ?4, ?5, "
      "?6, ?7, 0, 0, '', 0, 0, 0, 1, '', '')",
      {request.id, request.number, request.evidence, request.title,
       tenants_.seal_text(scope, {"trust_requests", request.id, "asker"}, to_text(asker)),
       tenants_.blind_index(scope, "trust_requests.mail", to_lower_ascii(asker.mail)), to_micros(request.asked)}));
  WD_TRY(record(*db, scope, "trust.document.ask", request));
  WD_TRY(tx.commit());
  return request;
}

Result<std::vector<DocumentRequest>> DocumentRequests::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  std::vector<DocumentRequest> requests;
  for (Stored& each :
       WD_TRY(read_rows(*db, "SELECT " + std::string(kColumns) + " FROM trust_requests ORDER BY number DESC", {},
                        [&](const Row& row) { return read(scope, row); })))
    requests.push_back(std::move(each.request));
  return requests;
}

Result<DocumentRequest> DocumentRequests::find(const TenantScope& scope, std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return WD_TRY(find_in(*db, scope, id)).request;
}

Result<ApprovedRequest> DocumentRequests::approve(const TenantScope& scope, std::string_view id,
                                                  const DocumentDecider& by, const DocumentApproval& approval) {
  if (approval.days < 1 || approval.days > kMaxLinkDays) return fail(ErrorCode::Invalid, "/days: is not in 1..30");
  if (approval.downloads < 1 || approval.downloads > kMaxDownloads)
    return fail(ErrorCode::Invalid, "/downloads: is not in 1..10");
  const auto offered = WD_TRY(evidence_.on_request(scope));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  DocumentRequest request = WD_TRY(find_in(*db, scope, id)).request;
  if (request.state(clock_.now()) != RequestState::Asked) return fail(ErrorCode::Conflict, "it was decided already");
  if (is_asker(by, request.asker)) return fail(ErrorCode::Forbidden, "nobody approves their own request");
  if (std::ranges::find(offered, request.evidence, &EvidenceRecord::id) == offered.end())
    return fail(ErrorCode::Conflict, "the document is not, or no longer, to be given");
  if (WD_TRY(terms_in(*db)).empty()) return fail(ErrorCode::Conflict, "there are no terms to accept yet; publish some");
  const std::string token = new_secret();
  request.decided = clock_.now();
  request.decided_by = by.username;
  request.expires = *request.decided + std::chrono::days(approval.days);
  request.downloads_allowed = approval.downloads;
  ++request.version;
  WD_TRY(check_changed(WD_TRY(
      db->execute("UPDATE trust_requests SET decided = ?3, decided_by = ?4, expires = ?5, downloads_allowed = ?6, "
                  "token_hash = ?7, version = ?8 WHERE id = ?1 AND version = ?2",
                  {request.id, request.version - 1, to_micros(*request.decided), request.decided_by,
                   to_micros(*request.expires), request.downloads_allowed, hash_of(token), request.version}))));
  WD_TRY(record(*db, scope, "trust.document.approve", request));
  WD_TRY(tx.commit());
  return ApprovedRequest{std::move(request), token};
}

Result<DocumentRequest> DocumentRequests::refuse(const TenantScope& scope, std::string_view id,
                                                 const DocumentDecider& by) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  DocumentRequest request = WD_TRY(find_in(*db, scope, id)).request;
  if (request.state(clock_.now()) != RequestState::Asked) return fail(ErrorCode::Conflict, "it was decided already");
  request.is_refused = true;
  request.decided = clock_.now();
  request.decided_by = by.username;
  ++request.version;
  WD_TRY(check_changed(WD_TRY(db->execute(
      "UPDATE trust_requests SET is_refused = 1, decided = ?3, decided_by = ?4, version = ?5 WHERE id = ?1 AND "
      "version = ?2",
      {request.id, request.version - 1, to_micros(*request.decided), request.decided_by, request.version}))));
  WD_TRY(record(*db, scope, "trust.document.refuse", request));
  WD_TRY(tx.commit());
  return request;
}

Result<DocumentRequest> DocumentRequests::revoke(const TenantScope& scope, std::string_view id,
                                                 const DocumentDecider& by) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  DocumentRequest request = WD_TRY(find_in(*db, scope, id)).request;
  if (!can_be_used(request.state(clock_.now()))) return fail(ErrorCode::Conflict, "it has no link that works");
  request.is_revoked = true;
  request.decided_by = by.username;
  ++request.version;
  WD_TRY(db->execute(
      "UPDATE trust_requests SET is_revoked = 1, decided_by = ?2, token_hash = '', device_hash = '', version = version "
      "+ 1 WHERE id = ?1",
      {request.id, request.decided_by}));
  WD_TRY(record(*db, scope, "trust.document.revoke", request));
  WD_TRY(tx.commit());
  return request;
}

Result<DocumentRequests::Stored> DocumentRequests::linked_in(Db& db, const TenantScope& scope, std::string_view token,
                                                             std::string_view device) {
  if (token.empty() || token.size() > 100) return no_such_link();
  auto found = WD_TRY(read_row(db, "SELECT " + std::string(kColumns) + " FROM trust_requests WHERE token_hash = ?1",
                               {hash_of(token)}, [&](const Row& row) { return read(scope, row); }));
  if (!found || !can_be_used(found->request.state(clock_.now()))) return no_such_link();
  if (!found->device_hash.empty() && found->device_hash != hash_of(device)) return no_such_link();
  return std::move(*found);
}

Result<DocumentRequest> DocumentRequests::by_link(const TenantScope& scope, std::string_view token,
                                                  std::string_view device) {
  DocumentRequest request;
  {
    auto db = WD_TRY(tenants_.config(scope).acquire());
    request = WD_TRY(linked_in(*db, scope, token, device)).request;
  }
  const auto offered = WD_TRY(evidence_.on_request(scope));
  if (std::ranges::find(offered, request.evidence, &EvidenceRecord::id) == offered.end()) return no_such_link();
  return request;
}

Result<AcceptedRequest> DocumentRequests::accept(const TenantScope& scope, std::string_view token, std::int64_t terms,
                                                 std::string_view mail) {
  WD_TRY(by_link(scope, token, {}));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  DocumentRequest request = WD_TRY(linked_in(*db, scope, token, {})).request;
  const auto in_force = WD_TRY(terms_in(*db));
  if (in_force.empty() || in_force.front().version != terms)
    return fail(ErrorCode::Stale, "the terms have changed; read them again");
  if (!equals_ignoring_case(trim(mail), request.asker.mail))
    return fail(ErrorCode::Forbidden, "this is not the address that has asked");
  const std::string device = new_secret();
  request.accepted = clock_.now();
  request.terms = terms;
  ++request.version;
  WD_TRY(check_changed(WD_TRY(db->execute(
      "UPDATE trust_requests SET accepted = ?3, terms = ?4, device_hash = ?5, version = ?6 WHERE id = ?1 AND version = "
      "?2",
      {request.id, request.version - 1, to_micros(*request.accepted), terms, hash_of(device), request.version}))));
  WD_TRY(record(*db, scope, "trust.document.accept", request));
  WD_TRY(tx.commit());
  return AcceptedRequest{std::move(request), device};
}

Result<DocumentRequests::Copy> DocumentRequests::download(const TenantScope& scope, std::string_view token,
                                                          std::string_view device) {
  DocumentRequest request = WD_TRY(by_link(scope, token, device));
  if (!request.accepted) return no_such_link();
  // The mark first: a copy that could not be made is none that was given.
  std::string pdf = WD_TRY(
      watermarked(WD_TRY(evidence_.attachment(scope, request.evidence)),
                  {request.asker.name, request.asker.organisation, request.asker.mail, request.number, clock_.now()}));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto counted =
      WD_TRY(db->execute("UPDATE trust_requests SET downloads = downloads + 1, version = version + 1 WHERE id = ?1 AND "
                         "token_hash = ?2 AND downloads < downloads_allowed",
                         {request.id, hash_of(token)}));
  if (counted != 1) return no_such_link();
  request = WD_TRY(find_in(*db, scope, request.id)).request;
  WD_TRY(record(*db, scope, "trust.document.download", request));
  WD_TRY(tx.commit());
  return Copy{std::move(request), std::move(pdf)};
}

Result<std::vector<DocumentTerms>> DocumentRequests::terms(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return terms_in(*db);
}

Result<DocumentTerms> DocumentRequests::publish_terms(const TenantScope& scope, const DocumentTerms& terms) {
  for (const auto& [where, text] : {std::pair<std::string, const std::string&>{"/en", terms.en}, {"/ja", terms.ja}}) {
    if (trim(text).empty()) return fail(ErrorCode::Invalid, where + ": is empty");
    if (text.size() > kMaxTermsBytes) return fail(ErrorCode::Invalid, where + ": is too long");
  }
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  DocumentTerms next = terms;
  next.version = WD_TRY(one_number(*db, "SELECT COALESCE(MAX(version), 0) FROM trust_terms")) + 1;
  next.since = clock_.now();
  WD_TRY(db->execute("INSERT INTO trust_terms (version, since, published_by, en, ja) VALUES (?1, ?2, ?3, ?4, ?5)",
                     {next.version, to_micros(next.since), next.by, next.en, next.ja}));
  WD_TRY(audit_.append_in(*db, scope,
                          {"trust.terms.publish",
                           "terms:" + std::to_string(next.version),
                           AuditOutcome::Success,
                           {{"sha256", hash_of(next.en + '\0' + next.ja)}}}));
  WD_TRY(tx.commit());
  return next;
}

Result<void> DocumentRequests::prune(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute("DELETE FROM trust_requests WHERE asked < ?1 OR (asked < ?2 AND expires IS NULL)",
                     {to_micros(clock_.now() - kRequestsKept), to_micros(clock_.now() - kUnansweredKept)}));
  return {};
}

FeatureSchema document_requests_schema() {
  using enum PersonalData;
  return {.feature = "trust_requests",
          .migrations = {{1,
                          "create requests and terms",
                          {"CREATE TABLE trust_requests (id TEXT NOT NULL, number BIGINT NOT NULL, evidence TEXT NOT "
                           "NULL, title TEXT NOT NULL, asker BLOB NOT NULL, mail_index BLOB NOT NULL, "
                           "asked BIGINT NOT NULL, is_refused BIGINT NOT NULL, is_revoked BIGINT NOT NULL, "
                           "decided_by TEXT NOT NULL, decided BIGINT, expires BIGINT, accepted BIGINT, "
                           "terms BIGINT NOT NULL, downloads BIGINT NOT NULL, downloads_allowed BIGINT NOT NULL, "
                           "version BIGINT NOT NULL, token_hash TEXT NOT NULL, device_hash TEXT NOT NULL, "
                           "PRIMARY KEY (id))",
                           "CREATE UNIQUE INDEX trust_requests_number ON trust_requests (number)",
                           "CREATE INDEX trust_requests_token ON trust_requests (token_hash)",
                           "CREATE TABLE trust_terms (version BIGINT NOT NULL, since BIGINT NOT NULL, published_by "
                           "TEXT NOT NULL, en TEXT NOT NULL, ja TEXT NOT NULL, PRIMARY KEY (version))"}}},
          .fields = {{"trust_requests", "id", None},
                     {"trust_requests", "number", None},
                     {"trust_requests", "evidence", None},
                     {"trust_requests", "title", None},
                     {"trust_requests", "asker", Contact, "id"},
                     {"trust_requests", "mail_index", Identifier},
                     {"trust_requests", "asked", None},
                     {"trust_requests", "is_refused", None},
                     {"trust_requests", "is_revoked", None},
                     {"trust_requests", "decided_by", Identifier},
                     {"trust_requests", "decided", None},
                     {"trust_requests", "expires", None},
                     {"trust_requests", "accepted", None},
                     {"trust_requests", "terms", None},
                     {"trust_requests", "downloads", None},
                     {"trust_requests", "downloads_allowed", None},
                     {"trust_requests", "version", None},
                     {"trust_requests", "token_hash", Secret},
                     {"trust_requests", "device_hash", Secret},
                     {"trust_terms", "version", None},
                     {"trust_terms", "since", None},
                     {"trust_terms", "published_by", Identifier},
                     {"trust_terms", "en", None},
                     {"trust_terms", "ja", None}}};
}

}  // namespace warder::manager
