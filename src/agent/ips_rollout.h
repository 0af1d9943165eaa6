// What the intrusion prevention module remembers of rules over restarts: since when a revision is known on this host,
// how often it matched, which are suspended and why, and what people said of their matches.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "engines/ips/rule.h"

namespace warder::agent {

struct RuleKey {
  std::uint32_t gid = 1;
  std::uint32_t sid = 0;
  [[nodiscard]] std::string text() const { return std::to_string(gid) + ":" + std::to_string(sid); }
  friend auto operator<=>(const RuleKey&, const RuleKey&) = default;
};
/// "[GID:]SID".
Result<RuleKey> parse_rule_key(std::string_view text);
inline RuleKey key_of(const ips::Rule& rule) noexcept {
  return {rule.gid, rule.sid};
}

struct RuleRecord {
  std::uint32_t rev = 0;
  Timestamp since;  // this revision came to this host
  std::uint64_t hits = 0;
  std::uint64_t blocked = 0;
  std::uint64_t false_positives = 0;
  std::string suspended;  // why; empty: it is not
};

/// Thread-safe.
class IpsRollout {
 public:
  /// Corrupt when what is there cannot be read: discard() it, and all rules count as new.
  static Result<std::unique_ptr<IpsRollout>> open(const std::filesystem::path& directory);
  static void discard(const std::filesystem::path& directory);

  /// Since when this host knows the revision: now, when it is new. A new revision begins without hits, and in force.
  Timestamp note(const ips::Rule& rule, Timestamp now);
  void count(const RuleKey& rule, bool is_blocked);
  void suspend(const RuleKey& rule, std::string why);
  /// NotFound when it is not suspended.
  Result<void> resume(const RuleKey& rule);
  /// Returns how often that was said of this revision. NotFound for a rule that never was here.
  Result<std::uint64_t> mark_false_positive(const RuleKey& rule);
  [[nodiscard]] std::optional<RuleRecord> find(const RuleKey& rule) const;
  [[nodiscard]] std::map<RuleKey, RuleRecord> all() const;
  /// When something changed.
  Result<void> save();

 private:
  explicit IpsRollout(std::filesystem::path file) : file_(std::move(file)) {}
  Result<void> load(std::string_view text);

  std::filesystem::path file_;
  mutable std::mutex mutex_;  // guards the rest
  std::map<RuleKey, RuleRecord> records_;
  bool is_changed_ = false;
};

}  // namespace warder::agent
