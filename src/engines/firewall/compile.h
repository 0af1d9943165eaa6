// From policy to program. Everything that changes without the policy changing (time, place, manager, blocked sources)
// is a condition: when it changes, the program is made anew and replaced.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "engines/firewall/policy.h"
#include "engines/firewall/program.h"

namespace warder::firewall {

struct Interface {
  std::string name;
  bool is_up = true;
  std::vector<IpAddress> addresses;
};

struct BlockedSource {
  IpAddress address;
  std::chrono::seconds remaining{0};
};

struct ManagerEndpoint {
  IpAddress address;
  std::uint16_t port = 0;
};

/// What is true of the host now.
struct Conditions {
  Timestamp now{};
  std::chrono::seconds utc_offset{0};  // of local time
  bool is_manager_reachable = true;
  bool is_cold_start = false;  // connections may be older than the firewall
  bool is_isolated = false;
  std::vector<ManagerEndpoint> manager;  // what the agent talks to, a proxy included
  std::vector<Interface> interfaces;     // the loopback interface does not matter
  std::vector<BlockedSource> blocked;
};

/// A policy and its program. Immutable.
struct Compiled {
  Policy policy;
  Conditions conditions;
  std::vector<RuleSpec> rules;     // the enabled ones, in policy order
  std::vector<bool> is_in_force;   // by schedule and context
  std::vector<std::size_t> order;  // the rules in force in the order in which they are looked at
  Program program;
};

/// Invalid names the place in the policy ("/rules/3/schedule: …"). A disabled policy makes an empty program.
Result<std::shared_ptr<const Compiled>> compile(const Policy& policy, const Conditions& conditions);

/// Whether a schedule holds at a moment; Invalid when a window cannot be read.
Result<bool> is_active(const Schedule& schedule, Timestamp now, std::chrono::seconds utc_offset);
bool is_active(const Context& context, const Conditions& conditions);

/// The next moment at which some schedule of the policy begins or ends; whole minutes. nullopt: there is none.
std::optional<Timestamp> next_change(const Policy& policy, Timestamp now, std::chrono::seconds utc_offset);

/// Whether there is anything to put into force: a policy that is enabled, and inline, has rules, or isolates
/// interfaces. A host whose policy does not mention the firewall is left as it is.
bool has_work(const Policy& policy) noexcept;

inline constexpr std::string_view kBlocked4 = "blocked4";
inline constexpr std::string_view kBlocked6 = "blocked6";

}  // namespace warder::firewall
