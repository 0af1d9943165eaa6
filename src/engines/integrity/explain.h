// Why a change is no alarm: a maintenance window is open, a ticket covers it, a person approved the very content, a
// golden host has the same, or an installed package brought it. An explained change is kept and told, quietly.
#pragma once

#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/schedule.h"
#include "base/time.h"
#include "engines/integrity/baseline.h"
#include "engines/integrity/key_pattern.h"
#include "host/facts.h"

namespace warder::integrity {

/// A change to be explained; `was` is nullptr for what is new, `is` for what is gone.
struct Unexplained {
  std::string path;
  const Entity* was = nullptr;
  const Entity* is = nullptr;
  Timestamp seen;  // when it was found
};

/// What somebody has allowed beforehand. Immutable.
///
///   ticket=CHG-1234 from=2026-11-26T22:00:00Z to=2026-11-27T02:00:00Z path=/etc/nginx/**
///   window=patching on=sat,sun from=02:00 to=04:00 path=/usr/** path=/boot/**
///   approved=alice path=/etc/motd sha256=9f86d0… mode=0644 uid=0 gid=0
///
/// All that is said must hold; of several paths one. Times are UTC; the hours of a window may pass midnight and then
/// belong to the day they begin on. A file's time is that of its inode's last change, which no program can set; of what
/// is gone, when that was found.
class Allowance {
 public:
  /// Invalid says what is wrong. A ticket needs both dates, a window both hours, an approval a path and the content.
  static Result<Allowance> parse(std::string_view text);
  [[nodiscard]] bool covers(const Unexplained& change) const;
  /// "ticket CHG-1234".
  [[nodiscard]] const std::string& label() const noexcept { return label_; }

 private:
  Result<void> read_word(std::string_view key, std::string_view value);
  Result<void> check() const;
  [[nodiscard]] bool is_at(Timestamp time) const;

  std::string kind_;
  std::string label_;
  std::vector<KeyPattern> patterns_;
  std::optional<crypto::Digest> digest_;
  std::optional<std::uint32_t> mode_;
  std::optional<std::uint32_t> uid_;
  std::optional<std::uint32_t> gid_;
  std::optional<Timestamp> from_;
  std::optional<Timestamp> to_;
  std::optional<std::chrono::minutes> opens_;
  std::optional<std::chrono::minutes> closes_;
  unsigned days_ = kEveryDay;
};

/// The first that covers the change.
const Allowance* find_allowance(std::span<const Allowance> allowances, const Unexplained& change);

/// Both are the same to whoever uses the file: kind, content, target, owner, mode, capabilities, access lists.
bool is_as_golden(const Entity& is, const Entity& golden) noexcept;

/// All that is_as_golden() compares, as one digest for whoever compares files of two hosts without having both: those
/// of two files are equal exactly when one is as the other. Nothing for a regular file whose content is not known.
std::optional<crypto::Digest> golden_state(const Entity& entity);

/// Which of the changes an installed package explains, by path: "package openssl 3.0.17-1". A file is explained when it
/// holds exactly what dpkg's or rpm's database says that the package has there, and nothing but content and times has
/// changed; what is new must be root's, without set-id bits and not writable by others. A link is explained when its
/// package has what it leads to. Deletions are not: the database says nothing of what is no more.
Result<std::map<std::string, std::string>> explain_by_packages(std::span<const Unexplained> changes,
                                                               host::FileTree& tree, host::HostFacts& facts);

}  // namespace warder::integrity
