// Numbers of a packet and of its flow that rules compare: one table of rows.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "engines/ips/comparison.h"
#include "engines/ips/packet_test.h"

namespace warder::ips {

struct PacketNumberRow {
  std::string_view keyword;
  std::string_view alias;
  std::optional<std::uint64_t> (*read)(const PacketContext& context);
  Comparison::Ends ends;
  bool needs_packet;  // a single packet, not a stream, is what the rule is about
  std::string_view doc;
};

std::span<const PacketNumberRow> packet_numbers() noexcept;
const PacketNumberRow* find_packet_number(std::string_view keyword) noexcept;
std::unique_ptr<const PacketTest> make_packet_number(const PacketNumberRow& row, Comparison comparison);

}  // namespace warder::ips
