// Cases of rule packs: what a rule must find and what it must not, written as text from which packets are made.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace warder::ips {

struct CaseMessage {
  bool is_client = true;
  std::string bytes;
};

/// Evasion: the same attack in another dress; the rule must find it as well.
enum class CaseKind : std::uint8_t { Positive, Evasion, Negative };

struct RuleCase {
  CaseKind kind = CaseKind::Positive;
  std::string name;
  bool is_udp = false;
  std::uint16_t port = 80;
  std::uint32_t times = 1;  // so many connections, one after another
  std::vector<CaseMessage> messages;
  std::size_t line = 0;
};

struct RuleCases {
  std::uint32_t sid = 0;
  std::vector<RuleCase> cases;
};

/// The text of a *.cases file. "[9100001]" begins the cases of a rule; "+ NAME" one that it must find, "~ NAME" an
/// evasion, "- NAME" one that it must not find. Below stand what client and server say: "> TEXT" and "< TEXT" with a
/// line end, ">| TEXT" and "<| TEXT" without; \r \n \t \\ and \xNN are bytes. "Content-Length: *" is filled in.
/// "@ port=8080 udp times=20" sets where and how often. "~ NAME = CHANGE…" takes the last "+" and changes its HTTP
/// request: percent, percent2, upper, dots, slashes, query=TEXT, header=TEXT, chunked=N, gzip, deflate.
/// Lines that begin with # say nothing. Invalid with the number of the line.
Result<std::vector<RuleCases>> parse_cases(std::string_view text);

}  // namespace warder::ips
