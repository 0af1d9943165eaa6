// What Splunk's HTTP Event Collector answers.
#pragma once

#include <cstdint>
#include <optional>
#include <set>
#include <span>
#include <string_view>

#include "base/result.h"

namespace warder::manager {

/// What the collector's codes mean ("Troubleshoot HTTP Event Collector", possible error codes).
struct SplunkMeaning {
  enum class About : std::uint8_t { Event, Settings, Token, Later };
  std::int64_t code;
  About about;
  std::string_view text;
};

/// Of an error's answer; nothing for what is none of the collector's.
std::optional<SplunkMeaning> parse_splunk_error(std::string_view body);
/// Of an answer 200: the number to ask for when it is to be acknowledged. Corrupt, with the end of a sentence, for
/// what does not say that the events were taken, and without a number when `wants_ack`.
Result<std::optional<std::int64_t>> parse_splunk_taken(std::string_view body, bool wants_ack);
/// Which of the numbers are acknowledged. Corrupt for what is no answer about them.
Result<std::set<std::int64_t>> parse_splunk_acks(std::string_view body, std::span<const std::int64_t> asked);

}  // namespace warder::manager
