// Runs the items of a rule over a buffer.
#pragma once

#include <array>
#include <cstdint>
#include <span>

#include "base/bytes.h"
#include "engines/ips/matches.h"
#include "engines/ips/regex.h"

namespace warder::ips {

inline constexpr std::size_t kMaxVariables = 16;

/// What one rule's evaluation works with. Reused from rule to rule; single-threaded.
struct MatchScratch {
  std::array<std::uint64_t, kMaxVariables> variables{};
  std::uint32_t steps_left = 0;  // bounds backtracking: with none left nothing matches
  std::uint64_t exhausted = 0;   // how often that happened
  bool is_little_endian_dce = true;
  Bytes decoded;
  Regex::Memory regex;
};

inline constexpr std::uint32_t kMaxSteps = 3000;

/// True when all items match in order. `is_whole` is false for a stream that may grow: size tests then fail.
/// `origin` is where buffer[0] stands in its stream: offset and depth count from the stream's beginning.
bool match_items(std::span<const MatchItem> items, ByteView buffer, bool is_whole, MatchScratch& scratch,
                 std::uint64_t origin = 0);

/// The first place at or after `from` where `needle` (lower case if `is_nocase`) stands within haystack[from, to);
/// npos when nowhere.
std::size_t find_bytes(ByteView haystack, std::size_t from, std::size_t to, ByteView needle, bool is_nocase) noexcept;

}  // namespace warder::ips
