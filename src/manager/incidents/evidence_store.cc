#include "manager/incidents/evidence_store.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"
#include "crypto/hash.h"
#include "manager/identity/rows.h"
#include "manager/incidents/incident_rows.h"
#include "pack/evidence.h"

namespace warder::manager {
namespace {

constexpr std::string_view kItem =
    "SELECT id, name, kind, taken_by, taken, bytes, sha256 FROM incident_evidence WHERE ";

Result<EvidenceItem> read_item(const Row& row) {
  return EvidenceItem{row.text(0),    row.text(1), row.text(2), row.text(3), from_micros(row.integer(4)),
                      row.integer(5), row.text(6)};
}

Result<CustodyEntry> read_custody(const Row& row) {
  return CustodyEntry{from_micros(row.integer(0)), row.text(1), row.text(2), row.text(3), row.text(4), row.text(5)};
}

/// Canonical JSON, so that no two entries have one text.
std::string chained_hash(const std::string& before, std::int64_t number, const CustodyEntry& entry) {
  return to_hex(crypto::sha256(as_bytes(canonical_json(json::object{{"before", before},
                                                                    {"number", number},
                                                                    {"time", to_micros(entry.time)},
                                                                    {"actor", entry.actor},
                                                                    {"action", entry.action},
                                                                    {"subject", entry.subject},
                                                                    {"note", entry.note}}))));
}

constexpr std::string_view kCustody =
    "SELECT time, actor, action, subject, note, hash FROM incident_custody WHERE incident = ?1 ORDER BY number";

Result<std::vector<CustodyEntry>> read_chain(Db& db, const IncidentId& id) {
  auto entries = WD_TRY(read_rows(db, kCustody, {id.text()}, read_custody));
  std::string before;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const std::string hash = chained_hash(before, static_cast<std::int64_t>(i) + 1, entries[i]);
    if (entries[i].hash != hash)
      return fail(ErrorCode::Corrupt, "the chain of custody is not as it was written from entry " +
                                          std::to_string(i + 1) + " on; the audit log has what it was");
    before = hash;
  }
  return entries;
}

/// A name that is one in every file system.
Result<void> check_name(const std::string& name) {
  const auto is_plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
           c == '_';
  };
  if (name.empty() || name.size() > 100 || name.front() == '.' || !std::ranges::all_of(name, is_plain))
    return fail(ErrorCode::Invalid, "/name: a plain file name is expected: letters, digits, '.', '-' and '_'");
  return {};
}

Result<void> check_room(Db& db, const std::string& incident, const std::string& name, std::size_t bytes) {
  if (bytes > kMaxEvidenceItemBytes) return fail(ErrorCode::TooLarge, "/content: an item has at most 8 MiB");
  const auto items = WD_TRY(read_rows(db, std::string(kItem) + "incident = ?1", {incident}, read_item));
  std::int64_t sum = static_cast<std::int64_t>(bytes);
  for (const EvidenceItem& each : items) {
    sum += each.bytes;
    if (each.name == name) return fail(ErrorCode::Conflict, "/name: there is an item of this name");
  }
  if (items.size() >= kMaxEvidenceItems || sum > kMaxEvidenceOfIncident)
    return fail(ErrorCode::TooLarge, "the incident has as much evidence as it may have: 200 items, 32 MiB");
  return {};
}

json::array custody_json(const std::vector<CustodyEntry>& entries) {
  json::array array;
  for (const CustodyEntry& each : entries) {
    array.push_back(json::object{{"time", to_rfc3339(each.time)},
                                 {"actor", each.actor},
                                 {"action", each.action},
                                 {"subject", each.subject},
                                 {"note", each.note},
                                 {"hash", each.hash}});
  }
  return array;
}

}  // namespace

Result<void> EvidenceStore::note(Db& db, const TenantScope& scope, const IncidentId& id,
                                 const CustodyEntry& entry) const {
  const auto chain = WD_TRY(read_chain(db, id));
  const auto number = static_cast<std::int64_t>(chain.size()) + 1;
  const std::string hash = chained_hash(chain.empty() ? std::string{} : chain.back().hash, number, entry);
  WD_TRY(db.execute(
      "INSERT INTO incident_custody (incident, number, time, actor, action, subject, note, hash) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
      {id.text(), number, to_micros(entry.time), entry.actor, entry.action, entry.subject, entry.note, hash}));
  AuditRecord record;
  record.action = "incident.evidence." + entry.action;
  record.object = "incident:" + id.text();
  record.detail = {{"subject", entry.subject}, {"note", entry.note}, {"hash", hash}};
  WD_TRY(audit_.append_in(db, scope, std::move(record)));
  return {};
}

Result<EvidenceItem> EvidenceStore::take(const TenantScope& scope, const IncidentId& id, const std::string& name,
                                         const std::string& kind, const std::string& content) {
  WD_TRY(check_name(name));
  const Timestamp now = clock_.now();
  EvidenceItem item{make_id<EventId>(now).text(),
                    name,
                    kind,
                    scope.actor(),
                    now,
                    static_cast<std::int64_t>(content.size()),
                    to_hex(crypto::sha256(as_bytes(content)))};
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(find_incident(*db, id));
  WD_TRY(check_room(*db, id.text(), name, content.size()));
  WD_TRY(
      db->execute("INSERT INTO incident_evidence (id, incident, name, kind, taken_by, taken, bytes, sha256, content) "
                  "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
                  {item.id, id.text(), item.name, item.kind, item.taken_by, to_micros(now), item.bytes, item.sha256,
                   tenants_.seal_text(scope, {"incident_evidence", item.id, "content"}, content)}));
  WD_TRY(note(*db, scope, id, {now, scope.actor(), "taken", item.id, item.name + " " + item.sha256}));
  WD_TRY(tx.commit());
  return item;
}

Result<std::vector<EvidenceItem>> EvidenceStore::list(const TenantScope& scope, const IncidentId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_incident(*db, id));
  return read_rows(*db, std::string(kItem) + "incident = ?1 ORDER BY taken, id", {id.text()}, read_item);
}

Result<std::string> EvidenceStore::content(const TenantScope& scope, const EvidenceItem& item) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto box = WD_TRY(read_row(*db, "SELECT content FROM incident_evidence WHERE id = ?1", {item.id},
                                   [](const Row& row) -> Result<Bytes> { return row.bytes(0); }));
  if (!box) return fail(ErrorCode::Corrupt, item.name + ": is gone");
  std::string content = WD_TRY(tenants_.open_text(scope, {"incident_evidence", item.id, "content"}, *box));
  if (to_hex(crypto::sha256(as_bytes(content))) != item.sha256)
    return fail(ErrorCode::Corrupt, item.name + ": is not what was taken");
  return content;
}

Result<std::int64_t> EvidenceStore::verify(const TenantScope& scope, const IncidentId& id) {
  const auto items = WD_TRY(list(scope, id));
  for (const EvidenceItem& item : items) WD_TRY(content(scope, item));
  return static_cast<std::int64_t>(items.size());
}

Result<std::vector<CustodyEntry>> EvidenceStore::custody(const TenantScope& scope, const IncidentId& id) {
  auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(find_incident(*db, id));
  return read_chain(*db, id);
}

Result<EvidenceBundle> EvidenceStore::bundle(const TenantScope& scope, const IncidentId& id,
                                             const std::string& reason) {
  if (reason.size() > 1000 || !is_utf8(reason) || trim(reason).empty())
    return fail(ErrorCode::Invalid, "/reason: is empty, too long or no text");
  const Incident incident = WD_TRY(incidents_.find(scope, id));
  std::vector<pack::EvidenceFile> files;
  for (const EvidenceItem& item : WD_TRY(list(scope, id))) {
    files.push_back({item.name, WD_TRY(content(scope, item))});
  }
  const Timestamp now = clock_.now();
  const std::string manifest = pack::evidence_manifest({{"incident", id.text()},
                                                        {"number", incident.number},
                                                        {"title", incident.title},
                                                        {"made", to_rfc3339(now)},
                                                        {"made_by", scope.actor()},
                                                        {"reason", reason},
                                                        {"custody", custody_json(WD_TRY(custody(scope, id)))}},
                                                       files);
  const auto signature = WD_TRY(audit_.sign_note(scope, pack::evidence_note_text(manifest)));
  EvidenceBundle bundle;
  bundle.text = pack::evidence_bundle(manifest, signature, WD_TRY(audit_.key(scope)).text(), files);
  bundle.sha256 = to_hex(crypto::sha256(as_bytes(bundle.text)));
  auto db = WD_TRY(tenants_.config(scope).acquire());
  auto tx = WD_TRY(Tx::begin(*db));
  WD_TRY(note(*db, scope, id, {now, scope.actor(), "bundled", bundle.sha256, reason}));
  WD_TRY(tx.commit());
  return bundle;
}

FeatureSchema evidence_schema() {
  using enum PersonalData;
  return {.feature = "evidence",
          .migrations = {{1,
                          "create evidence",
                          {"CREATE TABLE incident_evidence (id TEXT NOT NULL, incident TEXT NOT NULL, name TEXT NOT "
                           "NULL, kind TEXT NOT NULL, taken_by TEXT NOT NULL, taken BIGINT NOT NULL, "
                           "bytes BIGINT NOT NULL, sha256 TEXT NOT NULL, content BLOB NOT NULL, PRIMARY KEY (id))",
                           "CREATE INDEX incident_evidence_by_incident ON incident_evidence (incident, id)",
                           "CREATE TABLE incident_custody (incident TEXT NOT NULL, number BIGINT NOT NULL, "
                           "time BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL, "
                           "note TEXT NOT NULL, PRIMARY KEY (incident, number))"}},
                         {2,
                          "bind entries of custody to one another",
                          {"ALTER TABLE incident_custody ADD COLUMN hash TEXT NOT NULL DEFAULT ''"}}},
          .fields = {{"incident_evidence", "id", None},
                     {"incident_evidence", "incident", None},
                     {"incident_evidence", "name", None},
                     {"incident_evidence", "kind", None},
                     {"incident_evidence", "taken_by", Identifier},
                     {"incident_evidence", "taken", None},
                     {"incident_evidence", "bytes", None},
                     {"incident_evidence", "sha256", None},
                     {"incident_evidence", "content", Content, "id"},
                     {"incident_custody", "number", None},
                     {"incident_custody", "incident", None},
                     {"incident_custody", "time", None},
                     {"incident_custody", "actor", Identifier},
                     {"incident_custody", "action", None},
                     {"incident_custody", "subject", None},
                     {"incident_custody", "note", Content},
                     {"incident_custody", "hash", None}}};
}

}  // namespace warder::manager
