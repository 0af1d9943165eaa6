// What the parsers' tests share: a conversation goes in, everything that rules could see of it comes out as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "engines/ips/app/app_flow.h"

namespace warder::ips::app::testing {

struct Said {
  Direction direction;
  std::string bytes;
};
inline Said client(std::string_view bytes) {
  return {Direction::ToServer, std::string{bytes}};
}
inline Said server(std::string_view bytes) {
  return {Direction::ToClient, std::string{bytes}};
}

struct Setting {
  FlowInfo flow;
  Limits limits;
  std::size_t chunk = 0;                  // bytes of a stream given at a time; 0: each message whole
  Protocol protocol = Protocol::Unknown;  // announced rather than found out
};

/// The protocol found, then each transaction with its buffers, numbers, files and events, a line each:
/// "tls > tls.sni example.org". Bytes that do not print stand as \xNN.
std::string transcript(const std::vector<Said>& conversation, const Setting& setting = {});

/// A datagram flow between these ports.
Setting datagrams(std::uint16_t client_port, std::uint16_t server_port);
Setting stream(std::uint16_t client_port, std::uint16_t server_port);

/// Fails the test when giving the conversation in pieces of 1 to 64 bytes changes its transcript.
void expect_same_when_split(const std::vector<Said>& conversation, Setting setting = {});

/// "16 03 01" → bytes; blanks are skipped.
std::string hex(std::string_view digits);
/// Integers in network order.
std::string be16(std::uint64_t value);
std::string be24(std::uint64_t value);
std::string be32(std::uint64_t value);
std::string le16(std::uint64_t value);
std::string le32(std::uint64_t value);
std::string le64(std::uint64_t value);

}  // namespace warder::ips::app::testing
