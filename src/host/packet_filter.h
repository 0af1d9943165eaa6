// Port: the kernel's packet filter, as far as it is ours: the tables that kernel::kNftTable names, never another's.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace warder::host {

/// Single-threaded.
class PacketFilter {
 public:
  virtual ~PacketFilter() = default;
  /// Carries out a ruleset (libnftables-json(5)) in one transaction: all of it or nothing. Invalid: the kernel or nft
  /// refuses it, and the message has nft's words. Unavailable: there is no nft, or no right to it.
  virtual Result<void> apply(std::string_view ruleset) = 0;
  /// The same for a ruleset in nft's own language.
  virtual Result<void> apply_text(std::string_view ruleset) = 0;
  /// What is in our tables now, as a digest without handles, counters and elements that come and go. Empty: no table is
  /// there. Changes nothing.
  virtual Result<std::string> fingerprint() = 0;
};

}  // namespace warder::host
