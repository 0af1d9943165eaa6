// A witness of the tenant's audit log: remembers the last signed checkpoint that the manager told this host, and takes
// a later one only with the proof that it goes on from there. Who makes the list anew, with all keys of the manager, is
// found by every host that remembers (docs/audit.md).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "crypto/signed_note.h"
#include "model/ids.h"
#include "protocol/agent.pb.h"

namespace warder::agent {

/// The manager says something else than what it signed before.
struct AuditFork {
  std::string reason;
  std::string held;     // the note that is remembered; empty: only the key is
  std::string offered;  // the note that contradicts it, as valid UTF-8, its beginning
};

/// Single-threaded. In its directory: `key` (pinned when first seen), `checkpoint` (the note, as `warder audit verify
/// --checkpoint` takes it) and, once there was a fork, `fork` (the note that was offered). Delete the directory, with
/// the agent stopped, to begin anew.
class AuditWitness {
 public:
  using Time = std::chrono::steady_clock::time_point;
  /// Answers in a row without the proof that was asked for, until that is a fork: answers to heartbeats that crossed
  /// have another one.
  static constexpr int kMaxUnproved = 3;
  static constexpr std::chrono::hours kTellAgain{24};

  static Result<std::unique_ptr<AuditWitness>> open(std::filesystem::path directory, const TenantId& tenant);

  /// Entries of the checkpoint that is remembered; 0: none.
  [[nodiscard]] std::uint64_t held() const noexcept { return held_ ? held_->head.size : 0; }
  /// What was there could not be read: it was put aside.
  [[nodiscard]] bool is_damaged() const noexcept { return is_damaged_; }
  [[nodiscard]] bool is_forked() const noexcept { return told_.has_value(); }

  /// The note that is remembered; empty: there is none, or something contradicts it. Only what is sound is cosigned.
  [[nodiscard]] std::string_view sound_note() const noexcept {
    return is_forked() || unproved_ > 0 ? std::string_view{} : std::string_view{note_};
  }

  /// A fork when it is found, and again each `kTellAgain` while it lasts; what is remembered then stays. Fails when a
  /// file cannot be written or a first offer makes no sense.
  Result<std::optional<AuditFork>> take(const protocol::AuditCheckpoint& offered, Time now);

 private:
  AuditWitness(std::filesystem::path directory, std::string origin)
      : directory_(std::move(directory)), origin_(std::move(origin)) {}
  Result<void> load();
  /// Empty: all is well. Remembers a later checkpoint.
  Result<std::string> judge(const protocol::AuditCheckpoint& offered);
  Result<std::string> compare(const crypto::Checkpoint& checkpoint, const protocol::AuditCheckpoint& offered);
  Result<void> remember(const crypto::NoteKey& key, const crypto::Checkpoint& checkpoint, const std::string& note);

  std::filesystem::path directory_;
  std::string origin_;  // the name that the tenant's log has
  std::optional<crypto::NoteKey> key_;
  std::optional<crypto::Checkpoint> held_;
  std::string note_;
  int unproved_ = 0;
  bool is_damaged_ = false;
  std::optional<Time> told_;
};

}  // namespace warder::agent
