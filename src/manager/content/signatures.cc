#include "manager/content/signatures.h"

#include <algorithm>
#include <chrono>
#include <fstream>
#include <set>

#include "base/json.h"
#include "base/temporary_file.h"

namespace warder::manager {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::hours kUnusedChunksStay{24};
constexpr std::int64_t kSetsKept = 2;

constexpr std::string_view kSelectFiles =
    "SELECT description, made, version, source, tag, imported FROM signature_files ORDER BY name";

// A set of one file: the form in which its chunks are stored.
std::string describe(const pack::SetFile& file) {
  return pack::print_file_set({Timestamp{}, {file}});
}

Result<SignatureFile> read_signature_file(const Row& row) {
  const pack::FileSet set = WD_TRY(pack::parse_file_set(row.text(0)));
  if (set.files.size() != 1) return fail(ErrorCode::Corrupt, "signature_files: not one file");
  return SignatureFile{set.files.front(), from_micros(row.integer(1)), row.integer(2), row.text(3),
                       row.text(4),       from_micros(row.integer(5))};
}

Result<std::vector<SignatureFile>> select_files(Db& db) {
  const StmtHandle statement = WD_TRY(db.prepare(kSelectFiles));
  std::vector<SignatureFile> files;
  while (const Row* row = WD_TRY(statement->step())) files.push_back(WD_TRY(read_signature_file(*row)));
  return files;
}

Result<std::vector<PublishedSignatures>> select_sets(Db& db) {
  const StmtHandle statement =
      WD_TRY(db.prepare("SELECT pack, published, description FROM signature_sets ORDER BY sequence DESC"));
  std::vector<PublishedSignatures> sets;
  while (const Row* row = WD_TRY(statement->step()))
    sets.push_back({row->text(0), from_micros(row->integer(1)), WD_TRY(pack::parse_file_set(row->text(2)))});
  return sets;
}

AuditRecord audit_record(std::string_view action, std::string_view name, const pack::SetFile* file) {
  AuditRecord record{std::string(action), "signatures:" + std::string(name), AuditOutcome::Success, {}};
  if (file != nullptr) record.detail = {{"sha256", file->sha256}, {"bytes", file->bytes}};
  return record;
}

// 2026.11.26.2130
std::string version_of(Timestamp time) {
  std::string text = to_rfc3339(time).substr(0, 16);
  std::erase(text, ':');
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c == '-' || c == 'T'; }, '.');
  return text;
}

}  // namespace

Result<std::vector<std::string>> Signatures::missing_chunks(const TenantScope& scope,
                                                            std::span<const std::string> digests) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const StmtHandle statement = WD_TRY(db->prepare("SELECT bytes FROM signature_chunks WHERE digest = ?1"));
  std::vector<std::string> missing;
  std::set<std::string_view> seen;
  for (const std::string& digest : digests) {
    if (!seen.insert(digest).second) continue;
    WD_TRY(statement->bind({digest}));
    if (WD_TRY(statement->step()) == nullptr) missing.push_back(digest);
  }
  return missing;
}

Result<pack::Chunk> Signatures::add_chunk(const TenantScope& scope, ByteView bytes) {
  if (bytes.empty()) return fail(ErrorCode::Invalid, "an empty chunk");
  if (bytes.size() > pack::kMaxChunkBytes) return fail(ErrorCode::TooLarge, "larger than a chunk may be");
  pack::Chunk chunk{to_hex(crypto::sha256(bytes)), bytes.size()};
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  WD_TRY(db->execute(
      "INSERT INTO signature_chunks (digest, bytes, stored, body) VALUES (?1, ?2, ?3, ?4) "
      "ON CONFLICT (digest) DO UPDATE SET stored = ?3",
      {chunk.digest, static_cast<std::int64_t>(chunk.bytes), to_micros(clock_.now()), pack::compress_chunk(bytes)}));
  return chunk;
}

Result<void> Signatures::assemble(const TenantScope& scope, const pack::SetFile& file, const fs::path& to) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  const StmtHandle statement = WD_TRY(db->prepare("SELECT body FROM signature_chunks WHERE digest = ?1"));
  std::ofstream out(to, std::ios::binary);
  crypto::Sha256 hash;
  for (const pack::Chunk& chunk : file.chunks) {
    WD_TRY(statement->bind({chunk.digest}));
    const Row* const row = WD_TRY(statement->step());
    if (row == nullptr) return fail(ErrorCode::Invalid, "/chunks: " + chunk.digest + " was not sent");
    auto bytes = pack::unpack_chunk(row->bytes(0), chunk);
    if (!bytes) return fail(ErrorCode::Invalid, "/chunks: " + chunk.digest + " is of another size");
    hash.update(*bytes);
    out.write(as_text(*bytes).data(), static_cast<std::streamsize>(bytes->size()));
  }
  if (!out.flush()) return fail(ErrorCode::Unavailable, to.string() + ": cannot be written");
  if (to_hex(hash.finish()) != file.sha256) return fail(ErrorCode::Invalid, "/sha256: not that of the chunks together");
  return {};
}

Result<SignatureFile> Signatures::put_file(const TenantScope& scope, const pack::SetFile& file, std::string_view source,
                                           std::string_view tag) {
  WD_TRY(pack::check_set_file(file));
  if (!is_signature_name(file.name))
    return fail(ErrorCode::Invalid, "/name: " + file.name + " has no extension of a file of signatures");
  const TemporaryFile temporary = WD_TRY(TemporaryFile::create(file.name));
  WD_TRY(assemble(scope, file, temporary.path()));
  const SignatureFacts facts = WD_TRY(check_(temporary.path()));
  const Timestamp now = clock_.now();
  SignatureFile made{file, facts.made.value_or(now), facts.version, std::string(source), std::string(tag), now};
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  for (const SignatureFile& present : WD_TRY(select_files(*db))) {
    if (present.file.name != file.name || present.version <= made.version) continue;
    return fail(ErrorCode::Conflict, file.name + ": version " + std::to_string(made.version) +
                                         " is older than the one that is here, " + std::to_string(present.version));
  }
  WD_TRY(db->execute(
      "INSERT INTO signature_files (name, description, made, version, source, tag, imported) "
      "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (name) DO UPDATE SET description = ?2, "
      "made = ?3, version = ?4, source = ?5, tag = ?6, imported = ?7",
      {file.name, describe(file), to_micros(made.made), made.version, made.source, made.tag, to_micros(now)}));
  WD_TRY(audit_.append_in(*db, scope, audit_record("signatures.put", file.name, &file)));
  WD_TRY(tx.commit());
  return made;
}

Result<void> Signatures::remove_file(const TenantScope& scope, std::string_view name) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  if (WD_TRY(db->execute("DELETE FROM signature_files WHERE name = ?1", {std::string(name)})) == 0)
    return fail(ErrorCode::NotFound, "there is no file " + std::string(name));
  WD_TRY(audit_.append_in(*db, scope, audit_record("signatures.remove", name, nullptr)));
  return tx.commit();
}

Result<std::vector<SignatureFile>> Signatures::files(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  return select_files(*db);
}

Result<std::optional<PublishedSignatures>> Signatures::published(const TenantScope& scope) {
  const auto active = WD_TRY(content_.wanted(scope, {}));
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  for (PublishedSignatures& each : WD_TRY(select_sets(*db))) {
    const auto is_it = [&](const ContentPack& pack) { return pack.digest == each.pack; };
    if (std::any_of(active.begin(), active.end(), is_it)) return std::optional(std::move(each));
  }
  return std::optional<PublishedSignatures>();
}

Result<ContentPack> Signatures::publish(const TenantScope& scope) {
  pack::FileSet set;
  for (SignatureFile& each : WD_TRY(files(scope))) {
    set.made = std::max(set.made, each.made);
    set.files.push_back(std::move(each.file));
  }
  if (set.files.empty()) return fail(ErrorCode::Conflict, "there are no files of signatures to publish");
  if (const auto now = WD_TRY(published(scope)); now && now->set == set) return content_.activate(scope, now->pack);
  const std::string text = pack::print_file_set(set);
  const crypto::SigningKey key = WD_TRY(content_.own_key(scope));
  const Bytes bytes = WD_TRY(pack::build_pack(
      {std::string(kSignaturePack), version_of(clock_.now()), "LicenseRef-as-the-files", WARDER_VERSION},
      {{std::string(pack::kFileSetName), text}}, key));
  const ContentPack imported = WD_TRY(content_.import_pack(scope, bytes));
  {
    const auto db = WD_TRY(tenants_.config(scope).acquire());
    WD_TRY(
        db->execute("INSERT INTO signature_sets (pack, published, description, sequence) VALUES (?1, ?2, ?3, "
                    "(SELECT COALESCE(MAX(sequence), 0) + 1 FROM signature_sets)) ON CONFLICT (pack) DO NOTHING",
                    {imported.digest, to_micros(clock_.now()), text}));
  }
  ContentPack active = WD_TRY(content_.activate(scope, imported.digest));
  WD_TRY(remove_unused(scope));
  return active;
}

Result<void> Signatures::remove_unused(const TenantScope& scope) {
  const auto db = WD_TRY(tenants_.config(scope).acquire());
  Tx tx = WD_TRY(Tx::begin(*db));
  std::set<std::string> used;
  const auto use = [&used](const pack::SetFile& file) {
    for (const pack::Chunk& chunk : file.chunks) used.insert(chunk.digest);
  };
  const auto sets = WD_TRY(select_sets(*db));
  for (std::size_t i = 0; i < sets.size(); ++i) {
    if (i < kSetsKept) {
      std::ranges::for_each(sets[i].set.files, use);
      continue;
    }
    WD_TRY(db->execute("DELETE FROM signature_sets WHERE pack = ?1", {sets[i].pack}));
    WD_TRY(db->execute("DELETE FROM content_packs WHERE digest = ?1 AND active = 0", {sets[i].pack}));
  }
  for (const SignatureFile& each : WD_TRY(select_files(*db))) use(each.file);
  std::vector<std::string> unused;
  {
    const StmtHandle statement = WD_TRY(db->prepare("SELECT digest FROM signature_chunks WHERE stored < ?1"));
    WD_TRY(statement->bind({to_micros(clock_.now() - kUnusedChunksStay)}));
    while (const Row* row = WD_TRY(statement->step()))
      if (!used.contains(row->text(0))) unused.push_back(row->text(0));
  }
  for (const std::string& digest : unused)
    WD_TRY(db->execute("DELETE FROM signature_chunks WHERE digest = ?1", {digest}));
  return tx.commit();
}

}  // namespace warder::manager
