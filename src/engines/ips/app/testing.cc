#include "engines/ips/app/testing.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "engines/ips/app/file.h"

namespace warder::ips::app::testing {
namespace {

std::string printable(ByteView bytes) {
  std::string text;
  for (const std::uint8_t byte : bytes) {
    if (byte >= 0x20 && byte < 0x7f) {
      text += static_cast<char>(byte);
    } else {
      text += fmt::format("\\x{:02x}", byte);
    }
  }
  return text;
}

void dump_side(Transaction& tx, Direction direction, std::string& out) {
  const char* arrow = direction == Direction::ToServer ? "  > " : "  < ";
  for (const BufferRow& each : buffers()) {
    if (!has_side(each.sides, direction)) continue;
    for (std::size_t i = 0; i < 64; ++i) {
      const BufferView view = tx.buffer(each.id, direction, i);
      if (view.state == BufferState::Absent || view.state == BufferState::Pending) break;
      out += fmt::format("{}{} {}{}\n", arrow, each.names[0], printable(view.bytes),
                         view.state == BufferState::Partial ? " …" : "");
    }
  }
  for (const NumberRow& each : numbers()) {
    for (std::size_t i = 0; i < 64; ++i) {
      const auto value = tx.number(each.id, direction, i);
      if (!value) break;
      out += fmt::format("{}{}: {}\n", arrow, each.keywords[0], *value);
    }
  }
}

void dump(Transaction& tx, const ParserInfo* info, std::string& out) {
  out += fmt::format("transaction {}{}\n", tx.id, tx.is_complete() ? "" : " open");
  for (const Direction direction : {Direction::ToServer, Direction::ToClient}) {
    if (!tx.only() || *tx.only() == direction) dump_side(tx, direction, out);
  }
  for (std::uint8_t event = 0; info != nullptr && event < info->events.size(); ++event) {
    if (tx.has_event(event)) out += fmt::format("  ! {}\n", info->events[event]);
  }
}

std::string big_endian(std::uint64_t value, unsigned size) {
  std::string out;
  while (size-- > 0) out += static_cast<char>(static_cast<unsigned char>(value >> (8 * size)));
  return out;
}

std::string little_endian(std::uint64_t value, unsigned size) {
  std::string out;
  for (unsigned i = 0; i < size; ++i) out += static_cast<char>(static_cast<unsigned char>(value >> (8 * i)));
  return out;
}

}  // namespace

std::string transcript(const std::vector<Said>& conversation, const Setting& setting) {
  AppFlow flow(setting.limits, setting.flow);
  if (setting.protocol != Protocol::Unknown) flow.expect(setting.protocol);
  for (const Said& said : conversation) {
    const std::size_t step = setting.chunk == 0 ? said.bytes.size() : setting.chunk;
    for (std::size_t at = 0; at < said.bytes.size(); at += step) {
      flow.feed(said.direction, as_bytes(std::string_view{said.bytes}.substr(at, step)));
    }
  }
  flow.end(Direction::ToServer);
  flow.end(Direction::ToClient);
  std::string out = fmt::format("{}\n", name(flow.protocol()));
  for (Parser* parser : flow.parsers()) {
    for (std::size_t i = 0; i < parser->transactions().size(); ++i) {
      dump(parser->transactions()[i], find_parser(flow.protocol()), out);
    }
  }
  return out;
}

Setting datagrams(std::uint16_t client_port, std::uint16_t server_port) {
  Setting setting = stream(client_port, server_port);
  setting.flow.is_stream = false;
  return setting;
}

Setting stream(std::uint16_t client_port, std::uint16_t server_port) {
  Setting setting;
  setting.flow.client = IpAddress::v4(0xc0000201);
  setting.flow.server = IpAddress::v4(0xc0000202);
  setting.flow.client_port = client_port;
  setting.flow.server_port = server_port;
  return setting;
}

void expect_same_when_split(const std::vector<Said>& conversation, Setting setting) {
  const std::string whole = transcript(conversation, setting);
  for (const std::size_t chunk : {1UL, 2UL, 3UL, 5UL, 7UL, 16UL, 61UL, 64UL}) {
    setting.chunk = chunk;
    EXPECT_EQ(transcript(conversation, setting), whole) << "in pieces of " << chunk;
  }
}

std::string hex(std::string_view digits) {
  std::string packed;
  for (const char c : digits) {
    if (c != ' ' && c != '\n') packed += c;
  }
  const auto bytes = from_hex(packed);
  EXPECT_TRUE(bytes) << digits;
  return bytes ? std::string{as_text(*bytes)} : std::string{};
}

std::string be16(std::uint64_t value) {
  return big_endian(value, 2);
}
std::string be24(std::uint64_t value) {
  return big_endian(value, 3);
}
std::string be32(std::uint64_t value) {
  return big_endian(value, 4);
}
std::string le16(std::uint64_t value) {
  return little_endian(value, 2);
}
std::string le32(std::uint64_t value) {
  return little_endian(value, 4);
}
std::string le64(std::uint64_t value) {
  return little_endian(value, 8);
}

}  // namespace warder::ips::app::testing
