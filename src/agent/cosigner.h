// The key that an agent cosigns its tenant's audit log with (docs/audit.md, "Cosignatures"). It is made on the host and
// never leaves it: the manager, with all of its keys, cannot speak for a witness.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "crypto/signed_note.h"
#include "model/ids.h"

namespace warder::agent {

/// Thread-safe once made.
class Cosigner {
 public:
  /// Makes the file (mode 0600) where there is none. Corrupt when it holds no key: it is not replaced, for another key
  /// would be another witness.
  static Result<Cosigner> open(const std::filesystem::path& file, const AgentId& agent);

  [[nodiscard]] crypto::WitnessKey key() const { return {name_, key_.public_key()}; }
  /// The line that says of a signed checkpoint that this host saw it, and nothing that contradicts it.
  [[nodiscard]] Result<std::string> cosign(std::string_view note, Timestamp now) const {
    return crypto::cosign(note, name_, key_, now);
  }

 private:
  Cosigner(std::string name, crypto::SigningKey key) : name_(std::move(name)), key_(std::move(key)) {}
  std::string name_;
  crypto::SigningKey key_;
};

}  // namespace warder::agent
