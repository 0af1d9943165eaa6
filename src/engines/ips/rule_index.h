// Which rules protect a host: an index of what rules say of themselves.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "engines/ips/rule_packs.h"

namespace warder::ips {

struct RuleFacts {
  std::uint32_t gid = 1;
  std::uint32_t sid = 0;
  std::string message;
  std::string pack;
  std::vector<std::string> cves;      // "CVE-2021-44228", from references, metadata and message
  std::vector<std::string> products;  // in lower case, from metadata affected_product and product
  std::vector<std::uint16_t> ports;   // of the server, where the rule names single ones
  bool blocks = false;
};

/// What is known of a host.
struct HostNeeds {
  std::set<std::string, std::less<>> cves;      // that its software has
  std::set<std::string, std::less<>> packages;  // names of installed software
  std::set<std::uint16_t> ports;                // on which it listens
};

struct RuleReason {
  const RuleFacts* rule = nullptr;
  std::string reason;  // "CVE-2021-44228", "package liblog4j2-java", "port 61616"
};

/// "CVE-2021-44228" of "2021-44228", "cve-2021-44228" or "CVE_2021_44228"; empty when it is none.
std::string normal_cve(std::string_view text);

class RuleDirectory {
 public:
  /// Rules that cannot be loaded are left out.
  explicit RuleDirectory(std::span<const RulePack> packs);

  [[nodiscard]] const std::vector<RuleFacts>& rules() const noexcept { return rules_; }
  /// Each rule once, with its best reason: a hole the host has, then software, then a port.
  [[nodiscard]] std::vector<RuleReason> protecting(const HostNeeds& host) const;
  /// Holes that some rule is for.
  [[nodiscard]] std::set<std::string> cves() const;

 private:
  std::vector<RuleFacts> rules_;
};

}  // namespace warder::ips
