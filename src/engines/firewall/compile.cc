#include "engines/firewall/compile.h"

#include <fmt/format.h>

#include <algorithm>

#include "engines/firewall/builder.h"

namespace warder::firewall {
namespace {

Result<void> check_addresses(std::string_view key, const std::vector<std::string>& items) {
  for (std::size_t i = 0; i < items.size(); ++i)
    if (const auto range = parse_address_range(items[i]); !range)
      return fail(ErrorCode::Invalid, fmt::format("/{}/{}: {}", key, i, range.error().message));
  return {};
}

Result<void> check_patterns(std::string_view key, const std::vector<std::string>& items) {
  for (std::size_t i = 0; i < items.size(); ++i)
    if (const auto good = check_interface_pattern(items[i]); !good)
      return fail(ErrorCode::Invalid, fmt::format("/{}/{}: {}", key, i, good.error().message));
  return {};
}

template <class Item>
Result<void> check_names(std::string_view key, const std::vector<Item>& items) {
  for (std::size_t i = 0; i < items.size(); ++i)
    for (std::size_t j = 0; j < i; ++j)
      if (items[i].name == items[j].name)
        return fail(ErrorCode::Invalid, fmt::format("/{}/{}/name: \"{}\" is there already", key, i, items[i].name));
  return {};
}

/// What no rule uses is checked as well.
Result<void> check_lists(const Policy& policy) {
  WD_TRY(check_names("lists", policy.lists));
  WD_TRY(check_names("schedules", policy.schedules));
  WD_TRY(check_names("contexts", policy.contexts));
  std::size_t items = 0;
  for (std::size_t i = 0; i < policy.lists.size(); ++i) {
    const NamedList& list = policy.lists[i];
    items += list.items.size();
    if (items > kMaxListItems)
      return fail(ErrorCode::TooLarge, fmt::format("/lists/{}: more than {} items in all lists", i, kMaxListItems));
    for (std::size_t j = 0; j < list.items.size(); ++j) {
      const std::string place = fmt::format("/lists/{}/items/{}", i, j);
      if (list.kind == "addresses") WD_TRY(parse_address_range(list.items[j]).in(place));
      if (list.kind == "ports") WD_TRY(parse_port_range(list.items[j]).in(place));
      if (list.kind == "macs") WD_TRY(parse_mac(list.items[j]).in(place));
    }
  }
  for (std::size_t i = 0; i < policy.schedules.size(); ++i)
    if (const auto good = is_active(policy.schedules[i], {}, {}); !good)
      return fail(ErrorCode::Invalid, fmt::format("/schedules/{}{}", i, good.error().message));
  for (std::size_t i = 0; i < policy.contexts.size(); ++i) {
    WD_TRY(check_addresses(fmt::format("contexts/{}/local_addresses", i), policy.contexts[i].local_addresses));
    WD_TRY(check_patterns(fmt::format("contexts/{}/interfaces", i), policy.contexts[i].interfaces));
  }
  return {};
}

Result<void> check_settings(const Policy& policy) {
  WD_TRY(check_addresses("recon_only", policy.recon_only));
  WD_TRY(check_addresses("recon_except", policy.recon_except));
  WD_TRY(check_addresses("isolation_allow", policy.isolation_allow));
  WD_TRY(check_patterns("ignore_interfaces", policy.ignore_interfaces));
  WD_TRY(check_patterns("interface_isolation", policy.interface_isolation));
  return check_lists(policy);
}

void order_rules(Compiled& compiled) {
  for (std::size_t i = 0; i < compiled.rules.size(); ++i)
    if (compiled.is_in_force[i]) compiled.order.push_back(i);
  std::stable_sort(compiled.order.begin(), compiled.order.end(), [&](std::size_t a, std::size_t b) {
    const RuleSpec& first = compiled.rules[a];
    const RuleSpec& second = compiled.rules[b];
    if (first.direction != second.direction) return first.direction < second.direction;
    if (first.priority != second.priority) return first.priority > second.priority;
    return first.action < second.action;
  });
}

}  // namespace

Result<std::shared_ptr<const Compiled>> compile(const Policy& policy, const Conditions& conditions) {
  WD_TRY(check_settings(policy));
  auto compiled = std::make_shared<Compiled>();
  compiled->policy = policy;
  compiled->conditions = conditions;
  compiled->rules = WD_TRY(resolve_rules(policy));
  std::vector<bool> schedules;
  for (const Schedule& schedule : policy.schedules)
    schedules.push_back(WD_TRY(is_active(schedule, conditions.now, conditions.utc_offset)));
  for (const RuleSpec& rule : compiled->rules) {
    const bool is_time = rule.schedule < 0 || schedules[static_cast<std::size_t>(rule.schedule)];
    const bool is_place =
        rule.context < 0 || is_active(policy.contexts[static_cast<std::size_t>(rule.context)], conditions);
    compiled->is_in_force.push_back(is_time && is_place);
  }
  order_rules(*compiled);
  if (policy.enabled || conditions.is_isolated) Builder(*compiled).build();
  return std::shared_ptr<const Compiled>(std::move(compiled));
}

bool has_work(const Policy& policy) noexcept {
  return policy.enabled && (policy.mode == "inline" || !policy.rules.empty() || !policy.interface_isolation.empty());
}

std::string_view name(Stage stage) noexcept {
  switch (stage) {
    case Stage::Ignored:
      return "ignored";
    case Stage::Blocked:
      return "blocked";
    case Stage::Isolated:
      return "isolated";
    case Stage::Always:
      return "always";
    case Stage::Check:
      return "check";
    case Stage::Rule:
      return "rule";
    case Stage::Stateful:
      return "stateful";
    case Stage::Limit:
      return "limit";
    case Stage::Implicit:
      return "implicit-deny";
    case Stage::Default:
      return "default";
  }
  return "default";
}

std::string_view title(Code code) noexcept {
  switch (code) {
    case Code::None:
      return "";
    case Code::LogRule:
      return "Log rule";
    case Code::DenyRule:
      return "Deny rule";
    case Code::OutOfConnection:
      return "Out of connection";
    case Code::InvalidFlags:
      return "Invalid flags";
    case Code::CongestionFlags:
      return "Congestion flags";
    case Code::Fragmented:
      return "Fragmented";
    case Code::FirstFragmentTooSmall:
      return "Fragment too small";
    case Code::MaxIncomingConnections:
      return "Maximum incoming connections";
    case Code::MaxOutgoingConnections:
      return "Maximum outgoing connections";
    case Code::MaxHalfOpen:
      return "Maximum half-open connections";
    case Code::UnsolicitedUdp:
      return "Unsolicited UDP";
    case Code::UnsolicitedIcmp:
      return "Unsolicited ICMP";
    case Code::OutOfAllowedPolicy:
      return "Out of allowed policy";
    case Code::SynFlood:
      return "SYN flood";
    case Code::AckStorm:
      return "ACK storm";
    case Code::BlockedSource:
      return "Blocked source";
    case Code::HostIsolated:
      return "Host isolated";
    case Code::InterfaceIsolated:
      return "Interface isolated";
  }
  return "";
}

}  // namespace warder::firewall
