// The status as a machine reads it, and can check without believing us: signed (DSSE), each result with the entry of
// the audit log that it is, the proof that the entry is in the log, and the log's signed checkpoint. docs/trust.md has
// the format.
#pragma once

#include <mutex>
#include <string>

#include "base/result.h"
#include "crypto/signed_note.h"
#include "manager/trust/trust_center.h"

namespace warder::manager {

/// From its making on; whoever gets an older one is being told of the past.
inline constexpr std::chrono::minutes kStatusLife{15};

/// Thread-safe. Made anew at most every few seconds, however many ask.
class TrustStatus {
 public:
  TrustStatus(TrustCenter& center, AuditLog& audit, const host::Clock& clock) noexcept
      : center_(center), audit_(audit), clock_(clock) {}

  /// The whole file. Without proofs when the log is not genuine: what is in it then proves nothing.
  Result<std::string> text();
  /// What it is signed with, by name.
  Result<crypto::NoteKey> key();

 private:
  Result<std::string> make();

  TrustCenter& center_;
  AuditLog& audit_;
  const host::Clock& clock_;
  std::mutex mutex_;  // guards text_ and made_
  std::string text_;
  Timestamp made_;
};

}  // namespace warder::manager
