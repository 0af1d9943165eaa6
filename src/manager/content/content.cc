#include "manager/content/content.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace warder::manager {
namespace {

namespace json = boost::json;

// One statement a piece; the bodies stay in the database so that every node of a manager serves every pack.
constexpr std::string_view kTable =
    "CREATE TABLE content_packs (digest TEXT NOT NULL PRIMARY KEY, name TEXT NOT NULL, version TEXT NOT NULL, "
    "signer TEXT NOT NULL, bytes BIGINT NOT NULL, imported BIGINT NOT NULL, active BIGINT NOT NULL, "
    "activation BIGINT NOT NULL, body BLOB NOT NULL)";

// Files of signatures (signatures.h): chunks as zstd frames, files as they were put here, sets as they were published.
constexpr std::string_view kChunks =
    "CREATE TABLE signature_chunks (digest TEXT NOT NULL PRIMARY KEY, bytes BIGINT NOT NULL, stored BIGINT NOT NULL, "
    "body BLOB NOT NULL)";
constexpr std::string_view kFiles =
    "CREATE TABLE signature_files (name TEXT NOT NULL PRIMARY KEY, description TEXT NOT NULL, made BIGINT NOT NULL, "
    "version BIGINT NOT NULL, source TEXT NOT NULL, tag TEXT NOT NULL, imported BIGINT NOT NULL)";
constexpr std::string_view kSets =
    "CREATE TABLE signature_sets (pack TEXT NOT NULL PRIMARY KEY, published BIGINT NOT NULL, description TEXT NOT "
    "NULL, sequence BIGINT NOT NULL)";

constexpr std::string_view kSelect =
    "SELECT digest, name, version, signer, bytes, imported, active FROM content_packs WHERE ";

ContentPack read_pack(const Row& row) {
  return {.digest = row.text(0),
          .name = row.text(1),
          .version = row.text(2),
          .signer = row.text(3),
          .bytes = row.integer(4),
          .imported = from_micros(row.integer(5)),
          .active = row.integer(6) != 0};
}

Result<std::vector<ContentPack>> select_packs(Db& db, std::string_view rest, std::initializer_list<DbValue> values) {
  const StmtHandle statement = WD_TRY(db.prepare(std::string{kSelect} + std::string{rest}));
  WD_TRY(statement->bind(values));
  std::vector<ContentPack> packs;
  while (const Row* row = WD_TRY(statement->step())) packs.push_back(read_pack(*row));
  return packs;
}

Result<std::optional<ContentPack>> find_pack(Db& db, std::string_view digest) {
  auto packs = WD_TRY(select_packs(db, "digest = ?1", {std::string{digest}}));
  return packs.empty() ? std::nullopt : std::optional{std::move(packs.front())};
}

AuditRecord audit_record(std::string_view action, const ContentPack& pack) {
  return {std::string{action},
          "content:" + pack.digest,
          AuditOutcome::Success,
          {{"name", pack.name}, {"version", pack.version}, {"signer", pack.signer}}};
}

/// Where a page ended: "imported digest".
struct Cursor {
  std::int64_t imported = INT64_MAX;
  std::string digest;
};

std::string make_cursor(const ContentPack& pack) {
  return to_base64url(as_bytes(std::to_string(to_micros(pack.imported)) + " " + pack.digest));
}

Result<Cursor> read_cursor(std::string_view text) {
  if (text.empty()) return Cursor{};
  const auto bytes = from_base64url(text);
  const auto parts = bytes ? split(as_text(*bytes), ' ') : std::vector<std::string_view>{};
  const auto imported = parts.size() == 2 ? parse_integer<std::int64_t>(parts[0]) : std::nullopt;
  if (!imported) return fail(ErrorCode::Invalid, "cursor: not one of this list");
  return Cursor{.imported = *imported, .digest = std::string{parts[1]}};
}

}  // namespace

Content::Content(Tenants& tenants, AuditLog& audit, const host::Clock& clock, pack::TrustPolicy trust,
                 std::function<void(const TenantId&)> changed)
    : tenants_(tenants), audit_(audit), clock_(clock), trust_(std::move(trust)), changed_(std::move(changed)) {}

Result<ContentPack> Content::import_pack(const TenantScope& scope, ByteView bytes) {
  pack::TrustPolicy trust = trust_;
  trust.keys = WD_TRY(trusted_keys(scope));
  auto verified = pack::verify_pack(bytes, trust);
  if (!verified) {
    // The refusal is what the caller gets, also when it cannot be written down.
    const auto noted = audit_.append(scope, "content.import", "content:" + to_hex(crypto::sha256(bytes)),
                                     AuditOutcome::Failure, {{"error", verified.error().message}});
    Error refusal = noted ? std::move(verified).error() : std::move(verified).error().in("not audited");
    // Corrupt and Forbidden would tell of our own disk and of the caller's rights: what is wrong is the upload.
    if (refusal.code != ErrorCode::TooLarge) refusal.code = ErrorCode::Invalid;
    return fail(std::move(refusal));
  }
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  if (auto present = WD_TRY(find_pack(*db, verified->digest))) return std::move(*present);
  const ContentPack made{.digest = verified->digest,
                         .name = verified->manifest.name,
                         .version = verified->manifest.version,
                         .signer = verified->signer,
                         .bytes = static_cast<std::int64_t>(bytes.size()),
                         .imported = clock_.now()};
  WD_TRY(db->execute(
      "INSERT INTO content_packs (digest, name, version, signer, bytes, imported, active, activation, body) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, 0, 0, ?7)",
      {made.digest, made.name, made.version, made.signer, made.bytes, to_micros(made.imported),
       Bytes{bytes.begin(), bytes.end()}}));
  WD_TRY(audit_.append_in(*db, scope, audit_record("content.import", made)));
  WD_TRY(tx.commit());
  return made;
}

Result<crypto::SigningKey> Content::own_key(const TenantScope& scope) const {
  return crypto::SigningKey::from_seed(tenants_.derive_key(scope, "content-signing"));
}

Result<std::vector<pack::TrustedKey>> Content::trusted_keys(const TenantScope& scope) const {
  std::vector<pack::TrustedKey> keys = trust_.keys;
  keys.push_back({"manager", WD_TRY(own_key(scope)).public_key()});
  return keys;
}

Result<ContentPage> Content::list(const TenantScope& scope, std::size_t limit, std::string_view cursor) {
  const Cursor after = WD_TRY(read_cursor(cursor));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  ContentPage page;
  page.items = WD_TRY(
      select_packs(*db, "imported < ?1 OR (imported = ?1 AND digest > ?2) ORDER BY imported DESC, digest LIMIT ?3",
                   {after.imported, after.digest, static_cast<std::int64_t>(limit) + 1}));
  if (page.items.size() > limit) {
    page.items.resize(limit);
    page.next_cursor = make_cursor(page.items.back());
  }
  return page;
}

Result<ContentPack> Content::activate_in(Db& db, const TenantScope& scope, const ContentPack& pack,
                                         std::string_view action) {
  WD_TRY(db.execute("UPDATE content_packs SET active = 0 WHERE name = ?1", {pack.name}));
  // Activations are numbered, so that rolling back does not depend on the clock.
  WD_TRY(
      db.execute("UPDATE content_packs SET active = 1, activation = (SELECT MAX(activation) + 1 FROM content_packs) "
                 "WHERE digest = ?1",
                 {pack.digest}));
  WD_TRY(audit_.append_in(db, scope, audit_record(action, pack)));
  ContentPack activated = pack;
  activated.active = true;
  return activated;
}

Result<ContentPack> Content::activate(const TenantScope& scope, std::string_view digest) {
  const auto activated = [&]() -> Result<ContentPack> {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    const auto found = WD_TRY(find_pack(*db, digest));
    if (!found) return fail(ErrorCode::NotFound, "content pack " + std::string{digest} + " does not exist");
    if (found->active) return *found;
    ContentPack pack = WD_TRY(activate_in(*db, scope, *found, "content.activate"));
    WD_TRY(tx.commit());
    return pack;
  }();
  if (activated && changed_) changed_(scope.tenant());
  return activated;
}

Result<ContentPack> Content::roll_back(const TenantScope& scope, std::string_view name) {
  auto activated = [&]() -> Result<ContentPack> {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    Tx tx = WD_TRY(Tx::begin(*db));
    const auto earlier = WD_TRY(select_packs(
        *db, "name = ?1 AND active = 0 AND activation > 0 ORDER BY activation DESC LIMIT 1", {std::string{name}}));
    if (earlier.empty()) return fail(ErrorCode::NotFound, "no earlier pack of " + std::string{name} + " was active");
    ContentPack pack = WD_TRY(activate_in(*db, scope, earlier.front(), "content.rollback"));
    WD_TRY(tx.commit());
    return pack;
  }();
  if (activated && changed_) changed_(scope.tenant());
  return activated;
}

Result<std::vector<ContentPack>> Content::wanted(const TenantScope& scope, const AgentId& /*agent*/) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return select_packs(*db, "active = 1 ORDER BY name", {});
}

Result<ContentPiece> Content::fetch(const TenantScope& scope, std::string_view digest, std::uint64_t offset,
                                    std::size_t max_bytes) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const auto found = WD_TRY(find_pack(*db, digest));
  std::string_view table = "content_packs";
  std::int64_t size = found ? found->bytes : 0;
  if (!found || !found->active) {
    const StmtHandle chunk = WD_TRY(db->prepare("SELECT length(body) FROM signature_chunks WHERE digest = ?1"));
    WD_TRY(chunk->bind({std::string{digest}}));
    const Row* row = WD_TRY(chunk->step());
    if (row == nullptr) return fail(ErrorCode::NotFound, "content pack " + std::string{digest} + " is not active");
    table = "signature_chunks";
    size = row->integer(0);
  }
  if (offset > static_cast<std::uint64_t>(size)) {
    return fail(ErrorCode::Invalid, "content pack " + std::string{digest} + ": the offset is beyond its end");
  }
  const StmtHandle statement =
      WD_TRY(db->prepare("SELECT substr(body, CAST(?2 AS INTEGER), CAST(?3 AS INTEGER)) FROM " + std::string(table) +
                         " WHERE digest = ?1"));
  WD_TRY(statement->bind(
      {std::string{digest}, static_cast<std::int64_t>(offset) + 1, static_cast<std::int64_t>(max_bytes)}));
  const Row* row = WD_TRY(statement->step());
  if (row == nullptr) return fail(ErrorCode::NotFound, "content pack is gone");
  ContentPiece piece{.data = row->bytes(0)};
  piece.last = offset + piece.data.size() == static_cast<std::uint64_t>(size);
  return piece;
}

FeatureSchema content_schema() {
  FeatureSchema schema{
      "content",
      {{1, "content packs", {kTable, "CREATE INDEX content_packs_name ON content_packs (name, activation)"}},
       {2, "signatures", {kChunks, kFiles, kSets}}},
      {}};
  for (const std::string_view column :
       {"digest", "name", "version", "signer", "bytes", "imported", "active", "activation", "body"}) {
    schema.fields.push_back({"content_packs", column, PersonalData::None});
  }
  const auto add = [&schema](std::string_view table, std::initializer_list<std::string_view> columns) {
    for (const std::string_view column : columns) schema.fields.push_back({table, column, PersonalData::None});
  };
  add("signature_chunks", {"digest", "bytes", "stored", "body"});
  add("signature_files", {"name", "description", "made", "version", "source", "tag", "imported"});
  add("signature_sets", {"pack", "published", "description", "sequence"});
  return schema;
}

}  // namespace warder::manager
