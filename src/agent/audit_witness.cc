#include "agent/audit_witness.h"

#include <algorithm>
#include <system_error>

#include "base/file.h"
#include "base/text.h"

namespace warder::agent {
namespace {

constexpr const char* kKey = "key";
constexpr const char* kCheckpoint = "checkpoint";
constexpr const char* kFork = "fork";
constexpr std::size_t kMaxTold = 1000;  // bytes of a note, in an event

/// Absent when there is no such file.
Result<std::optional<std::string>> read_if_there(const std::filesystem::path& file) {
  auto text = read_file(file, crypto::kMaxNoteBytes);
  if (text) return std::move(*text);
  if (text.error().code == ErrorCode::NotFound) return std::nullopt;
  return fail(std::move(text).error());
}

std::optional<std::vector<crypto::Digest>> read_proof(const protocol::AuditCheckpoint& offered) {
  constexpr int kMostHashes = 128;
  if (offered.proof_size() > kMostHashes) return {};
  std::vector<crypto::Digest> proof;
  for (const std::string& hash : offered.proof()) {
    if (hash.size() != std::tuple_size_v<crypto::Digest>) return {};
    std::ranges::copy(as_bytes(hash), proof.emplace_back().begin());
  }
  return proof;
}

}  // namespace

Result<std::unique_ptr<AuditWitness>> AuditWitness::open(std::filesystem::path directory, const TenantId& tenant) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  if (error) return fail(ErrorCode::Unavailable, directory.string() + ": " + error.message());
  std::unique_ptr<AuditWitness> witness(
      new AuditWitness(std::move(directory), "warder.audit/" + tenant.text()));  // NOLINT: private constructor
  if (witness->load()) return witness;
  witness->is_damaged_ = true;
  witness->held_.reset();
  witness->note_.clear();
  for (const char* name : {kKey, kCheckpoint}) {
    // What is left of it may still say something to people.
    const auto file = witness->directory_ / name;
    std::filesystem::rename(file, file.string() + ".damaged", error);
  }
  // A key that can be read is pinned all the same.
  if (witness->key_) WD_TRY(write_file_atomically(witness->directory_ / kKey, witness->key_->text() + "\n"));
  return witness;
}

Result<void> AuditWitness::load() {
  const auto key = WD_TRY(read_if_there(directory_ / kKey));
  const auto note = WD_TRY(read_if_there(directory_ / kCheckpoint));
  if (!key) return note ? Result<void>{fail(ErrorCode::Corrupt, "a checkpoint without its key")} : Result<void>{};
  auto parsed = WD_TRY(crypto::NoteKey::parse(trim(*key)));
  if (parsed.name != origin_) return {};  // of an enrolment with another tenant: the next offer takes its place
  key_ = std::move(parsed);
  if (!note) return {};
  held_ = WD_TRY(crypto::open_checkpoint(*note, *key_));
  note_ = *note;
  return {};
}

Result<std::optional<AuditFork>> AuditWitness::take(const protocol::AuditCheckpoint& offered, Time now) {
  std::string reason = WD_TRY(judge(offered));
  if (reason.empty()) {
    if (unproved_ == 0) told_.reset();
    return std::optional<AuditFork>{};
  }
  if (told_ && now - *told_ < kTellAgain) return std::optional<AuditFork>{};
  told_ = now;
  WD_TRY(write_file_atomically(directory_ / kFork, offered.note()));
  return std::optional(
      AuditFork{std::move(reason), note_, escape_non_utf8(std::string_view{offered.note()}.substr(0, kMaxTold))});
}

Result<std::string> AuditWitness::judge(const protocol::AuditCheckpoint& offered) {
  if (offered.note().empty())
    return held_ ? "it has no checkpoint any more, and had one of " + std::to_string(held()) + " entries"
                 : std::string{};
  const auto key = crypto::NoteKey::parse(offered.key());
  if (!key_) {
    if (!key) return fail(ErrorCode::Invalid, "the manager's key: " + key.error().message);
    if (key->name != origin_) return fail(ErrorCode::Invalid, "the manager's key is of another log: " + key->name);
  } else if (!key || *key != *key_) {
    return std::string{"it is signed with another key"};
  }
  const crypto::NoteKey known = key_ ? *key_ : *key;
  const auto checkpoint = crypto::open_checkpoint(offered.note(), known);
  if (!checkpoint && !key_) return fail(checkpoint.error());
  if (!checkpoint) return std::string{"its signature is wrong"};
  std::string reason = WD_TRY(compare(*checkpoint, offered));
  const bool is_later = !held_ || checkpoint->head.size > held();
  // A later one without its proof is neither a fork yet nor to be remembered.
  if (reason.empty() && is_later && unproved_ == 0) WD_TRY(remember(known, *checkpoint, offered.note()));
  return reason;
}

Result<std::string> AuditWitness::compare(const crypto::Checkpoint& checkpoint,
                                          const protocol::AuditCheckpoint& offered) {
  const std::string size = std::to_string(held());
  if (!held_) return std::string{};
  if (checkpoint.head.size < held())
    return "it has " + std::to_string(checkpoint.head.size) + " entries, and had " + size;
  if (checkpoint.head.size == held()) {
    unproved_ = 0;
    return checkpoint.head.root == held_->head.root ? std::string{} : "its " + size + " entries are others";
  }
  if (offered.from() != held()) {
    unproved_ = std::min(unproved_ + 1, kMaxUnproved);
    return unproved_ < kMaxUnproved ? std::string{}
                                    : "it does not prove that it begins with the same " + size + " entries";
  }
  unproved_ = 0;
  const auto proof = read_proof(offered);
  if (proof && crypto::is_consistent(held_->head, checkpoint.head, *proof)) return std::string{};
  return "its first " + size + " entries are others";
}

Result<void> AuditWitness::remember(const crypto::NoteKey& key, const crypto::Checkpoint& checkpoint,
                                    const std::string& note) {
  if (!key_) {
    // The note of another tenant must not stand beside this key.
    std::error_code ignored;
    std::filesystem::remove(directory_ / kCheckpoint, ignored);
    WD_TRY(write_file_atomically(directory_ / kKey, key.text() + "\n"));
    key_ = key;
  }
  WD_TRY(write_file_atomically(directory_ / kCheckpoint, note));
  held_ = checkpoint;
  note_ = note;
  return {};
}

}  // namespace warder::agent
