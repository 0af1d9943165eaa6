// Every keyword of the rule language: a row with its name, its meaning and the function that reads it.
#pragma once

#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/ips/app/protocol.h"

namespace warder::ips {

class RuleBuilder;

struct KeywordRow {
  std::string_view name;
  /// Invalid says what is wrong with `value` (the text after the colon, trimmed; empty when there is none).
  Result<void> (*parse)(RuleBuilder& builder, std::string_view value);
  std::string_view doc;
};

/// The tables of the families, one per file.
std::span<const KeywordRow> meta_keywords() noexcept;
std::span<const KeywordRow> content_keywords() noexcept;
std::span<const KeywordRow> byte_keywords() noexcept;
std::span<const KeywordRow> packet_keywords() noexcept;
std::span<const KeywordRow> flow_keywords() noexcept;
std::span<const KeywordRow> app_keywords() noexcept;
std::span<const KeywordRow> file_keywords() noexcept;
std::span<const KeywordRow> threshold_keywords() noexcept;
std::span<const KeywordRow> snort_keywords() noexcept;

/// Reads an option: from the tables above, or from those of buffers, numbers, conditions and transforms. Invalid for an
/// unknown keyword.
Result<void> parse_keyword(RuleBuilder& builder, std::string_view name, std::string_view value);

/// "to_server", "to_client": the side that a keyword of both sides looks at in a => rule.
std::optional<app::Direction> find_direction(std::string_view word) noexcept;

/// Name and meaning of all keywords, sorted, for the manual.
struct KeywordDoc {
  std::string_view name;
  std::string_view doc;
};
std::vector<KeywordDoc> all_keywords();

}  // namespace warder::ips
