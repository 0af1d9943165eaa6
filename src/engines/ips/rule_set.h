// Rules made ready for matching: grouped by what they look at, with the patterns by which candidates are found.
// Immutable; shared by the engines of all cores.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "engines/ips/app/parser.h"
#include "engines/ips/interval_index.h"
#include "engines/ips/pattern_set.h"
#include "engines/ips/rule_loader.h"

namespace warder::ips {

using RuleIndex = std::uint32_t;

/// A rule that a pattern may be of, and which header it has: most are no candidates because of that.
struct PatternRule {
  RuleIndex rule;
  std::uint32_t header;
};

/// Patterns that are looked for in one place, and the rules that each makes candidates of.
struct PatternGroup {
  BufferKey key;
  PatternSet patterns;
  std::vector<std::uint32_t> begins;  // in rules, by pattern, and the end
  std::vector<PatternRule> rules;

  [[nodiscard]] std::span<const PatternRule> rules_of(std::uint32_t pattern) const noexcept {
    return std::span(rules).subspan(begins[pattern], begins[pattern + 1] - begins[pattern]);
  }
};

/// What transactions of one protocol in one direction are judged by.
struct TransactionRules {
  std::vector<std::uint16_t> groups;       // places in RuleSet::groups()
  std::vector<RuleIndex> without_pattern;  // candidates of every transaction
};

/// Places in RuleSet::groups(); group 0 has no patterns.
struct PayloadGroups {
  std::uint16_t packet = 0;  // of patterns in the payload of packets
  std::uint16_t stream = 0;  // in the stream
};

/// What packets of one transport in one direction are judged by.
struct PacketRules {
  PayloadGroups any_port;
  std::map<std::uint16_t, PayloadGroups> by_port;  // of the server: rules that name few ports
  std::vector<RuleIndex> without_pattern;          // those of any port; the others by one of their ports:
  IntervalIndex<std::uint16_t> by_destination;
  IntervalIndex<std::uint16_t> by_source;
};

/// Rules on addresses: by whichever of their two sets is small.
struct AddressRules {
  IntervalIndex<AddressSet::Value> by_source;
  IntervalIndex<AddressSet::Value> by_destination;
  std::vector<RuleIndex> others;
};

class RuleSet {
 public:
  /// Internal when the pattern matcher refuses; not a fault of the rules.
  static Result<std::shared_ptr<const RuleSet>> compile(LoadedRules rules);
  /// With the pattern databases of an earlier compilation of the same rules, in the order of groups().
  static Result<std::shared_ptr<const RuleSet>> compile(LoadedRules rules, std::span<const ByteView> databases);

  [[nodiscard]] const std::vector<Rule>& rules() const noexcept { return loaded_.rules; }
  [[nodiscard]] const LoadedRules& loaded() const noexcept { return loaded_; }
  /// One rule of each header: rules that ask for the same ports and addresses share Rule::header.
  [[nodiscard]] const std::vector<RuleIndex>& headers() const noexcept { return headers_; }
  [[nodiscard]] const std::vector<PatternGroup>& groups() const noexcept { return groups_; }
  [[nodiscard]] const TransactionRules& transactions(app::Protocol protocol, app::Direction direction) const noexcept {
    return transactions_[static_cast<std::size_t>(protocol)][app::index(direction)];
  }
  [[nodiscard]] const PacketRules& packets(packet::Transport transport, app::Direction direction) const noexcept {
    return packets_[static_cast<std::size_t>(transport)][app::index(direction)];
  }
  [[nodiscard]] const AddressRules& ip_only() const noexcept { return ip_only_; }
  [[nodiscard]] const std::vector<RuleIndex>& protocol_only() const noexcept { return protocol_only_; }
  [[nodiscard]] const std::vector<RuleIndex>& decode_events() const noexcept { return decode_events_; }
  [[nodiscard]] const std::vector<RuleIndex>& frame_rules() const noexcept { return frame_rules_; }
  /// Rules on events of protocol detection.
  [[nodiscard]] const std::vector<RuleIndex>& flow_events() const noexcept { return flow_events_; }
  /// What rules ask of parsers: digests, fingerprints.
  [[nodiscard]] const app::Limits& limits() const noexcept { return limits_; }
  [[nodiscard]] std::size_t pattern_memory() const noexcept;

 private:
  friend class Compiler;
  static constexpr std::size_t kTransports = 8;
  LoadedRules loaded_;
  std::vector<RuleIndex> headers_;
  std::vector<PatternGroup> groups_;
  std::array<std::array<TransactionRules, 2>, static_cast<std::size_t>(app::Protocol::Count)> transactions_;
  std::array<std::array<PacketRules, 2>, kTransports> packets_;
  AddressRules ip_only_;
  std::vector<RuleIndex> protocol_only_;
  std::vector<RuleIndex> decode_events_;
  std::vector<RuleIndex> flow_events_;
  std::vector<RuleIndex> frame_rules_;
  app::Limits limits_;
};

}  // namespace warder::ips
