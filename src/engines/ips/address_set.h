// Sets of addresses and of ports as rule headers write them: any, lists, negation, ranges, prefixes.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "base/address.h"
#include "base/result.h"

namespace warder::ips {

/// A set of addresses, kept as sorted, disjoint ranges. Immutable once built.
class AddressSet {
 public:
  using Value = std::array<std::uint8_t, 16>;
  struct Range {
    Value first;
    Value last;
    friend auto operator<=>(const Range&, const Range&) = default;
  };

  /// All addresses.
  static AddressSet any();
  static AddressSet none() { return {}; }
  /// One address, prefix ("192.0.2.0/24", "192.0.2.0/255.255.255.0"), range ("192.0.2.1-192.0.2.9").
  static Result<AddressSet> parse(std::string_view text);

  void add(const AddressSet& other);
  void remove(const AddressSet& other);
  [[nodiscard]] AddressSet complement() const;

  [[nodiscard]] bool contains(const IpAddress& address) const noexcept;
  [[nodiscard]] bool is_any() const noexcept { return is_any_; }
  [[nodiscard]] bool is_empty() const noexcept { return ranges_.empty(); }
  [[nodiscard]] const std::vector<Range>& ranges() const noexcept { return ranges_; }
  friend bool operator==(const AddressSet&, const AddressSet&) = default;

 private:
  void normalise();
  std::vector<Range> ranges_;
  bool is_any_ = false;
};

/// A set of ports. Immutable once built.
class PortSet {
 public:
  struct Range {
    std::uint16_t first;
    std::uint16_t last;
    friend auto operator<=>(const Range&, const Range&) = default;
  };

  static PortSet any();
  static PortSet none() { return {}; }
  /// One port or a range: "80", "1024:", ":1023", "6000:6010".
  static Result<PortSet> parse(std::string_view text);

  void add(const PortSet& other);
  void remove(const PortSet& other);
  [[nodiscard]] PortSet complement() const;

  [[nodiscard]] bool contains(std::uint16_t port) const noexcept;
  [[nodiscard]] bool is_any() const noexcept { return is_any_; }
  [[nodiscard]] bool is_empty() const noexcept { return ranges_.empty(); }
  [[nodiscard]] const std::vector<Range>& ranges() const noexcept { return ranges_; }
  friend bool operator==(const PortSet&, const PortSet&) = default;

 private:
  void normalise();
  std::vector<Range> ranges_;
  bool is_any_ = false;
};

}  // namespace warder::ips
