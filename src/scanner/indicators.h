// The indicators by digest of a folder of signatures: compiled indexes (.whx), which are mapped, and lists, which are
// read.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "engines/antimalware/hash_index.h"
#include "engines/antimalware/hash_list.h"

namespace warder::scanner {

/// Adds what one list has: by its extension STIX (.stix, .json) or lines (hash_list.h). Invalid when it cannot be read.
Result<antimalware::HashListReport> add_list(const std::filesystem::path& file, antimalware::HashIndexBuilder& builder);

/// Thread-safe once loaded.
class Indicators {
 public:
  /// Every *.whx, and every list: *.sha256, *.sha1, *.md5, *.hashes, *.tlsh, *.stix,
  /// *.stix.json. What cannot be read is left
  /// out and named in warnings().
  static Indicators load(const std::filesystem::path& folder);
  Indicators(Indicators&&) noexcept;
  Indicators& operator=(Indicators&&) noexcept;
  Indicators(const Indicators&) = delete;
  Indicators& operator=(const Indicators&) = delete;
  ~Indicators();

  [[nodiscard]] bool has(antimalware::HashKind kind) const noexcept;
  [[nodiscard]] std::uint64_t count() const noexcept;
  [[nodiscard]] std::optional<std::string_view> find(antimalware::HashKind kind, ByteView digest) const noexcept;
  /// No TLSH need be computed when there is none.
  [[nodiscard]] bool has_tlsh() const noexcept;
  [[nodiscard]] std::optional<antimalware::NearDigest> nearest(const antimalware::TlshDigest& digest,
                                                               unsigned max_distance) const noexcept;
  [[nodiscard]] const std::vector<std::string>& warnings() const noexcept { return warnings_; }

 private:
  class Mapping;
  Indicators();
  void map(const std::filesystem::path& file);

  std::vector<std::unique_ptr<Mapping>> mappings_;
  Bytes compiled_;  // of the lists
  std::vector<antimalware::HashIndex> indexes_;
  std::vector<std::string> warnings_;
};

}  // namespace warder::scanner
