// What the operator promises: one row a sentence, from content/commitments.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::manager {

enum class CommitmentKind : std::uint8_t { Technical, Organisational, Both, Statement };
std::string_view name(CommitmentKind kind) noexcept;

inline constexpr std::chrono::hours kDefaultFresh{3};

struct Commitment {
  std::string id;       // "tc-38a"
  std::string section;  // "security": the file's name
  CommitmentKind kind = CommitmentKind::Technical;
  std::string en;
  std::string ja;
  std::vector<std::string> controls;  // "PCI DSS 4.0.1: 4.2.1", "ISO 27001:2022: 8.24", …
  std::vector<std::string> art32;     // "a": what of GDPR Art. 32(1) it is a measure for; none: it is no such measure
  std::vector<std::string> checks;    // ids of the check table
  std::string unmeasured;             // why there is none: "absent", "build", "people"; may be empty
  std::chrono::seconds fresh = kDefaultFresh;
  std::optional<std::chrono::days> evidence_life;  // of organisational ones: how long a record holds at most
  bool shows_ratio = false;
  std::string owner;
  std::string supersedes;
  std::string superseded_by;

  [[nodiscard]] bool needs_checks() const noexcept {
    return kind == CommitmentKind::Technical || kind == CommitmentKind::Both;
  }
  [[nodiscard]] bool needs_evidence() const noexcept {
    return kind == CommitmentKind::Organisational || kind == CommitmentKind::Both;
  }
};

/// The sections in the order of the page.
inline constexpr std::string_view kTrustSections[] = {"compliance", "privacy", "security", "faq"};

/// The rows of one file. Invalid, with the row's id, for an unknown key, a missing text or one of several lines, an id
/// that is no name, a kind that does not go with its checks or evidence.
Result<std::vector<Commitment>> parse_commitments(std::string_view section, std::string_view yaml);

/// All sections, in order. Invalid, with the file, as above and when an id comes twice; NotFound when a file is
/// missing.
Result<std::vector<Commitment>> load_commitments(const std::filesystem::path& folder);

}  // namespace warder::manager
