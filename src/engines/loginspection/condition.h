// What a rule asks of one field of a line.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "engines/loginspection/event.h"
#include "rules/pattern.h"

namespace warder::loginspection {

/// A set of addresses: "192.0.2.0/24", "!192.0.2.1", "2001:db8::/32". A '!' turns the whole list round from there on.
class AddressList {
 public:
  /// Invalid names what is not an address.
  Result<void> add(std::string_view text);
  [[nodiscard]] bool contains(std::string_view address) const noexcept;

  struct Network {
    std::array<std::uint8_t, 16> bytes{};
    unsigned bits = 0;
    bool is_excluded = false;
  };
  std::vector<Network>& networks() noexcept { return networks_; }

 private:
  std::vector<Network> networks_;
};

struct Condition {
  FieldId field = field::kLog;
  bool is_user = false;     // dstuser, or srcuser where there is none
  bool is_negated = false;  // the field must be there all the same
  std::optional<rules::Pattern> pattern;
  std::optional<AddressList> addresses;
  std::string text;  // without a pattern and addresses: the value must be this

  [[nodiscard]] bool holds(const Event& event, rules::Captures& captures) const;
};

}  // namespace warder::loginspection
