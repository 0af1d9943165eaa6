#include "manager/trust/evidence.h"

#include <algorithm>

#include "base/json.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"
#include "manager/policies/sql.h"
#include "manager/trust/watermark.h"

namespace warder::manager {
namespace {

constexpr std::string_view kColumns =
    "id, commitment, title, standard, issued, expires, owner, deputy, reviewer, reviewed, filed, filed_by, "
    "sha256, version, is_public, is_on_request";

Result<EvidenceRecord> read_record(const Row& row) {
  EvidenceRecord record;
  record.id = row.text(0);
  record.facts.commitment = row.text(1);
  record.title = row.text(2);
  record.facts.standard = row.text(3);
  record.facts.issued = from_micros(row.integer(4));
  record.facts.expires = from_micros(row.integer(5));
  record.facts.owner = row.text(6);
  record.deputy = row.text(7);
  record.facts.reviewer = row.text(8);
  record.facts.reviewed = optional_time_at(row, 9);
  record.filed = from_micros(row.integer(10));
  record.filed_by = row.text(11);
  record.sha256 = row.text(12);
  record.version = row.integer(13);
  record.is_public = row.integer(14) != 0;
  record.is_on_request = row.integer(15) != 0;
  return record;
}

Result<std::string> read_text(const Row& row) {
  return row.text(0);
}

Result<EvidenceRecord> find_in(Db& db, std::string_view id) {
  const auto found = WD_TRY(read_row(db, "SELECT " + std::string(kColumns) + " FROM trust_evidence WHERE id = ?1",
                                     {std::string(id)}, read_record));
  if (!found) return fail(ErrorCode::NotFound, "no such record of evidence");
  return *found;
}

AuditRecord entry_of(std::string_view action, const EvidenceRecord& record) {
  AuditRecord entry;
  entry.action = action;
  entry.object = "evidence:" + record.id;
  entry.detail = {{"commitment", json::string(record.facts.commitment)},
                  {"expires", json::string(to_rfc3339(record.facts.expires))},
                  {"sha256", json::string(record.sha256)},
                  {"public", record.is_public},
                  {"on_request", record.is_on_request}};
  return entry;
}

}  // namespace

Timestamp end_of(const EvidenceFacts& facts, const Commitment& commitment) {
  if (!commitment.evidence_life) return facts.expires;
  return std::min(facts.expires, Timestamp{facts.issued + *commitment.evidence_life});
}

const Commitment* EvidenceRegister::find_commitment(std::string_view id) const {
  const auto found = std::ranges::find(commitments_, id, &Commitment::id);
  return found == commitments_.end() ? nullptr : &*found;
}

bool EvidenceRegister::is_in_force(const EvidenceRecord& record) const {
  const Timestamp now = clock_.now();
  const Commitment* commitment = find_commitment(record.facts.commitment);
  return record.facts.reviewed && commitment != nullptr && record.facts.issued <= now &&
         now < end_of(record.facts, *commitment);
}

Result<void> EvidenceRegister::check(const EvidenceDraft& draft) const {
  const Commitment* commitment = find_commitment(draft.commitment);
  if (commitment == nullptr) return fail(ErrorCode::Invalid, "/commitment: there is no such commitment");
  if (!commitment->needs_evidence())
    return fail(ErrorCode::Invalid, "/commitment: is shown by checks, and takes no evidence");
  if (draft.title.empty()) return fail(ErrorCode::Invalid, "/title: is empty");
  if (draft.owner.empty()) return fail(ErrorCode::Invalid, "/owner: somebody must answer for it");
  if (draft.deputy == draft.owner) return fail(ErrorCode::Invalid, "/deputy: is the owner");
  if (draft.issued > clock_.now() + kClockTolerance) return fail(ErrorCode::Invalid, "/issued: is in the future");
  if (draft.expires <= draft.issued) return fail(ErrorCode::Invalid, "/expires: is not after /issued");
  if (draft.is_public && draft.attachment.empty()) return fail(ErrorCode::Invalid, "/public: there is no document");
  if (draft.is_on_request && draft.is_public) return fail(ErrorCode::Invalid, "/on_request: it is public");
  if (draft.attachment.size() > kMaxAttachmentBytes) return fail(ErrorCode::TooLarge, "/attachment: is too large");
  if (draft.is_on_request)
    WD_TRY(check_can_be_watermarked(draft.attachment).in("/attachment: what is given on request must be a PDF"));
  return {};
}

Result<EvidenceRecord> EvidenceRegister::file(const TenantScope& scope, const EvidenceDraft& draft,
                                              std::string_view by) {
  WD_TRY(check(draft));
  EvidenceRecord record;
  record.filed = clock_.now();
  record.id = UuidGenerator{fill_random}.next(record.filed).text();
  record.title = draft.title;
  record.deputy = draft.deputy;
  record.filed_by = by;
  record.is_public = draft.is_public;
  record.is_on_request = draft.is_on_request;
  if (!draft.attachment.empty()) record.sha256 = to_hex(crypto::sha256(as_bytes(draft.attachment)));
  record.facts = {draft.commitment, draft.standard, draft.issued, draft.expires, draft.owner, {}, std::nullopt};
  const auto box =
      draft.attachment.empty()
          ? DbValue{nullptr}
          : DbValue{tenants_.seal_text(scope, {"trust_evidence", record.id, "attachment"}, draft.attachment)};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const auto count = [](const Row& row) -> Result<std::int64_t> { return row.integer(0); };
  const auto there = WD_TRY(read_row(*db, "SELECT COUNT(*) FROM trust_evidence", {}, count));
  if (there.value_or(0) >= static_cast<std::int64_t>(kMaxEvidence))
    return fail(ErrorCode::Conflict, "there are too many records; remove old ones");
  WD_TRY(db->execute(
      "INSERT INTO trust_evidence (id, commitment, title, standard, issued, expires, owner, deputy, reviewer, "
      "reviewed, "
      "filed, filed_by, sha256, attachment, version, is_public, is_on_request) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, "
      "'', NULL, ?9, ?10, ?11, ?12, 1, ?13, ?14)",
      {record.id, draft.commitment, draft.title, draft.standard, to_micros(draft.issued), to_micros(draft.expires),
       draft.owner, draft.deputy, to_micros(record.filed), record.filed_by, record.sha256, box,
       std::int64_t{draft.is_public ? 1 : 0}, std::int64_t{draft.is_on_request ? 1 : 0}}));
  WD_TRY(audit_.append_in(*db, scope, entry_of("trust.evidence.file", record)));
  WD_TRY(tx.commit());
  return record;
}

Result<EvidenceRecord> EvidenceRegister::review(const TenantScope& scope, std::string_view id,
                                                std::string_view reviewer) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  EvidenceRecord record = WD_TRY(find_in(*db, id));
  if (record.facts.reviewed) return fail(ErrorCode::Conflict, "it was reviewed already");
  if (reviewer.empty() || reviewer == record.facts.owner || reviewer == record.deputy || reviewer == record.filed_by)
    return fail(ErrorCode::Forbidden, "somebody must review it who neither answers for it nor has filed it");
  const auto named = WD_TRY(
      read_row(*db, "SELECT reviewer FROM trust_duties WHERE commitment = ?1", {record.facts.commitment}, read_text));
  if (named && *named != reviewer)
    return fail(ErrorCode::Forbidden, "evidence of this duty is reviewed by " + *named + " alone");
  record.facts.reviewer = reviewer;
  record.facts.reviewed = clock_.now();
  ++record.version;
  WD_TRY(db->execute("UPDATE trust_evidence SET reviewer = ?2, reviewed = ?3, version = ?4 WHERE id = ?1",
                     {record.id, record.facts.reviewer, to_micros(*record.facts.reviewed), record.version}));
  WD_TRY(audit_.append_in(*db, scope, entry_of("trust.evidence.review", record)));
  WD_TRY(tx.commit());
  return record;
}

Result<void> EvidenceRegister::remove(const TenantScope& scope, std::string_view id, std::string_view etag) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  const EvidenceRecord record = WD_TRY(find_in(*db, id));
  WD_TRY(check_etag(etag, "\"" + std::to_string(record.version) + "\""));
  WD_TRY(db->execute("DELETE FROM trust_evidence WHERE id = ?1", {record.id}));
  WD_TRY(audit_.append_in(*db, scope, entry_of("trust.evidence.delete", record)));
  return tx.commit();
}

Result<std::vector<EvidenceRecord>> EvidenceRegister::list(const TenantScope& scope) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return read_rows(*db, "SELECT " + std::string(kColumns) + " FROM trust_evidence ORDER BY id DESC", {}, read_record);
}

Result<EvidenceRecord> EvidenceRegister::find(const TenantScope& scope, std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  return find_in(*db, id);
}

Result<std::vector<EvidenceRecord>> EvidenceRegister::published(const TenantScope& scope) {
  auto records = WD_TRY(list(scope));
  std::erase_if(records, [&](const EvidenceRecord& record) { return !record.is_public || !is_in_force(record); });
  return records;
}

Result<std::vector<EvidenceRecord>> EvidenceRegister::on_request(const TenantScope& scope) {
  auto records = WD_TRY(list(scope));
  std::erase_if(records, [&](const EvidenceRecord& record) { return !record.is_on_request || !is_in_force(record); });
  return records;
}

Result<std::vector<EvidenceFacts>> EvidenceRegister::facts(const TenantScope& scope) {
  std::vector<EvidenceFacts> facts;
  for (EvidenceRecord& record : WD_TRY(list(scope))) facts.push_back(std::move(record.facts));
  return facts;
}

Result<std::string> EvidenceRegister::attachment(const TenantScope& scope, std::string_view id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const EvidenceRecord record = WD_TRY(find_in(*db, id));
  if (record.sha256.empty()) return fail(ErrorCode::NotFound, "it has no attachment");
  const auto read = [](const Row& row) -> Result<Bytes> { return row.bytes(0); };
  const auto box = WD_TRY(read_row(*db, "SELECT attachment FROM trust_evidence WHERE id = ?1", {record.id}, read));
  std::string content = WD_TRY(tenants_.open_text(scope, {"trust_evidence", record.id, "attachment"}, *box));
  if (to_hex(crypto::sha256(as_bytes(content))) != record.sha256)
    return fail(ErrorCode::Corrupt, "the attachment is not the one that was filed");
  return content;
}

}  // namespace warder::manager
