#include "manager/policies/sections.h"

#include <array>

#include "engines/antimalware/policy.h"
#include "engines/firewall/policy.h"
#include "engines/integrity/policy.h"
#include "engines/inventory/policy.h"
#include "engines/ips/policy.h"
#include "engines/loginspection/policy.h"
#include "model/agent_policy.h"
#include "sinks/forwarding_policy.h"

namespace warder::manager {

std::span<const PolicySection> policy_sections() {
  static const std::array kSections{
      policy_section<AgentPolicy>("agent", "The agent itself: heartbeat, spool, self-protection, content."),
      policy_section<antimalware::Policy>("anti-malware",
                                          "Anti-malware: what is looked at, when, and what becomes of what is found."),
      firewall::firewall_section(),
      sinks::forwarding_section(),
      policy_section<integrity::Policy>("integrity", "Integrity monitoring: which files are watched, and how."),
      policy_section<inventory::Policy>("inventory", "Inventory: what the manager is told of the host."),
      policy_section<ips::Policy>("ips", "Intrusion prevention: how far packets are inspected, and with which rules."),
      policy_section<loginspection::Policy>("log-inspection",
                                            "Log inspection: which logs are read, and with which rules."),
  };
  return kSections;
}

}  // namespace warder::manager
