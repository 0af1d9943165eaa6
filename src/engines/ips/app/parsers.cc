#include <vector>

#include "engines/ips/app/parser.h"

namespace warder::ips::app {

namespace {

// Strong signatures first: the first parser that says Yes has the flow.
const std::vector<ParserInfo>& table() {
  static const std::vector<ParserInfo> kParsers = {};
  return kParsers;
}

}  // namespace

std::span<const ParserInfo> parsers() noexcept {
  return table();
}

const ParserInfo* find_parser(Protocol protocol) noexcept {
  for (const auto& info : parsers()) {
    if (info.protocol == protocol) return &info;
  }
  return nullptr;
}

}  // namespace warder::ips::app
