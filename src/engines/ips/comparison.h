// Comparing a number as rules write it: 5, !5, <5, >=5, 5-10, 5<>10, &0x40, names of values, lists of these.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engines/ips/app/numbers.h"

namespace warder::ips {

/// Decimal or 0x hexadecimal; with unit: "10kb", "2 MB".
std::optional<std::uint64_t> parse_number(std::string_view text) noexcept;
std::optional<std::uint64_t> parse_size(std::string_view text) noexcept;

/// Immutable.
class Comparison {
 public:
  /// Whether "5-10" and "5<>10" include their ends: keywords differ.
  enum class Ends : std::uint8_t { Exclusive, Inclusive };

  static Result<Comparison> parse(std::string_view text, Ends ends = Ends::Exclusive,
                                  std::span<const app::ValueName> names = {});
  static Comparison equal(std::uint64_t value);
  /// "fin,!comp": all of the named bits set, or not set. Invalid for an unknown name.
  static Result<Comparison> parse_flags(std::string_view text, std::span<const app::ValueName> names);

  [[nodiscard]] bool matches(std::uint64_t value) const noexcept;
  /// Smallest and largest value that can match.
  [[nodiscard]] std::uint64_t lowest() const noexcept;
  [[nodiscard]] std::uint64_t highest() const noexcept;

 private:
  enum class Kind : std::uint8_t { Range, NotRange, Mask, NotMask };
  struct Term {
    Kind kind = Kind::Range;
    std::uint64_t low = 0;   // or the mask
    std::uint64_t high = 0;  // or what the masked value must be
  };
  static Result<Term> parse_term(std::string_view text, Ends ends, std::span<const app::ValueName> names);
  static bool matches(const Term& term, std::uint64_t value) noexcept;
  std::vector<Term> terms_;  // any of them
};

}  // namespace warder::ips
