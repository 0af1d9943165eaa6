// HTTP/2 header blocks (HPACK, RFC 7541) of one direction of a connection, through libnghttp2; bounded.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace warder::ips::app {

struct HeaderField {
  std::string name;
  std::string value;
};

/// Single-threaded. Blocks must come in the order of the stream: each may change the table that later ones refer to.
class HeaderInflater {
 public:
  static constexpr std::size_t kMaxFields = 512;
  static constexpr std::size_t kMaxBytes = 64UL * 1024;

  HeaderInflater();
  ~HeaderInflater();
  HeaderInflater(const HeaderInflater&) = delete;
  HeaderInflater& operator=(const HeaderInflater&) = delete;

  /// Corrupt when the block breaks the format (the direction can then not be decoded further); TooLarge over the
  /// bounds.
  Result<std::vector<HeaderField>> inflate(ByteView block);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warder::ips::app
