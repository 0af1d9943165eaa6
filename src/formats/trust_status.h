// The signed status of a Trust Center (DSSE, docs/trust.md), and how it is checked without asking, or believing, the
// one who made it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/signed_note.h"

namespace warder::formats {

inline constexpr std::string_view kTrustStatusType = "application/vnd.warder.trust-status+json";
/// DSSE's pre-authentication encoding: what is signed.
std::string dsse_encoding(std::string_view type, std::string_view payload);

inline constexpr std::size_t kMaxStatusBytes = 8 << 20;
/// Whatever the file says: a result that is older is not relied on.
inline constexpr std::chrono::days kMaxFresh{7};

struct TrustLine {
  std::string id;
  std::string text;     // English
  std::string claimed;  // what the file says
  std::string shown;    // what it proves now: "stale" for a pass whose time is over, "unproven" for one without proof
  std::string why;      // where the two differ
};

/// Who has cosigned a checkpoint of the log that this one goes on from.
struct TrustWitness {
  crypto::WitnessKey key;
  std::uint64_t entries = 0;  // of what was cosigned
  Timestamp time;             // by the clock of the witness
};

struct TrustReport {
  crypto::NoteKey key;         // that the file is signed with
  bool is_key_pinned = false;  // known beforehand: otherwise anybody could have signed it
  Timestamp generated;
  bool is_current = false;  // false: somebody shows the past
  std::size_t proven = 0;   // results with a proof that is right
  std::vector<TrustLine> lines;
  std::vector<TrustWitness> witnesses;     // those that are right
  std::vector<std::string> false_witness;  // why each other is not

  /// No claim and no witness was found to be without its proof.
  [[nodiscard]] bool is_honest() const;
};

/// Invalid when it is no status, Forbidden when its signature is not right or not that of `pinned`.
Result<TrustReport> verify_trust_status(std::string_view text, const std::optional<crypto::NoteKey>& pinned,
                                        Timestamp now);

}  // namespace warder::formats
