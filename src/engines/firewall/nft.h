// A program as a ruleset of nftables (libnftables-json(5), nft(8)). One text replaces our tables whole, in one
// transaction.
#pragma once

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

#include "engines/firewall/compile.h"

namespace warder::firewall {

struct NftOptions {
  std::uint16_t log_group = 0;  // 0: kernel::kNflogGroup
};

/// What `nft -j -f -` reads: {"nftables": [ … ]}. Replaces the tables `warder` of the families inet, arp and netdev.
boost::json::object nft_json(const Compiled& compiled, const NftOptions& options = {});

/// The same in nft's own language, what `nft -f -` reads.
std::string nft_text(const Compiled& compiled, const NftOptions& options = {});

/// Removes our tables, whether they are there or not.
boost::json::object nft_removal();

/// Puts a source into the set of those that are dropped, or takes it out.
boost::json::object nft_block(const IpAddress& address, std::chrono::seconds time);
boost::json::object nft_unblock(const IpAddress& address);

/// What reconnaissance is told of has this prefix, and the group after that of events.
inline constexpr std::string_view kReconPrefix = "warder recon";

/// One object of "nftables" in nft's own language: the part of it that nft_json writes.
std::string nft_statement(const boost::json::object& command);

/// The prefix of log messages: who decided, and how it ended. Fits the kernel's 127 bytes.
struct LogPrefix {
  enum class Outcome : std::uint8_t { Passed, Dropped, WouldDrop } outcome = Outcome::Passed;
  Code code = Code::None;
  std::string rule;  // id, or empty
};
std::string text(const LogPrefix& prefix);
/// nullopt: not one of ours.
std::optional<LogPrefix> parse_log_prefix(std::string_view text);

}  // namespace warder::firewall
