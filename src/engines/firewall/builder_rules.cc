// The rules: within one priority bypass, force-allow, deny, then (priority 0) allow; many of one shape are one lookup.
#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "engines/firewall/builder.h"
#include "model/kernel_names.h"

namespace warder::firewall {
namespace {

constexpr std::size_t kFewestForLookup = 4;
constexpr std::size_t kMaxComparisons = 20'000'000;

std::string suffix(Direction direction) {
  return direction == Direction::Incoming ? "in" : "out";
}

bool is_single(const LookupKey& key) {
  return key.source.first == key.source.last && key.destination.first == key.destination.last &&
         key.source_port.first == key.source_port.last && key.destination_port.first == key.destination_port.last;
}

template <class T>
bool overlap(const Range<T>& a, const Range<T>& b) {
  return a.first <= b.last && b.first <= a.last;
}

bool overlap(const LookupKey& a, const LookupKey& b) {
  return a.protocol == b.protocol && overlap(a.source, b.source) && overlap(a.destination, b.destination) &&
         overlap(a.source_port, b.source_port) && overlap(a.destination_port, b.destination_port);
}

auto order_of(const LookupKey& key) {
  return std::tie(key.protocol, key.source.first, key.source.last, key.destination.first, key.destination.last,
                  key.source_port.first, key.source_port.last, key.destination_port.first, key.destination_port.last);
}

struct KeyLess {
  bool operator()(const LookupKey& a, const LookupKey& b) const { return order_of(a) < order_of(b); }
};

}  // namespace

bool Builder::has_rules(Direction direction, RuleAction action) const {
  return std::any_of(compiled_.order.begin(), compiled_.order.end(), [&](std::size_t index) {
    const RuleSpec& rule = compiled_.rules[index];
    return rule.direction == direction && rule.action == action && (rule.is_v4 || rule.is_v6);
  });
}

void Builder::build_pass_chains(Direction direction) {
  if (!has_rules(direction, RuleAction::LogOnly)) return;
  for (unsigned least = 0; least <= 5; ++least) {
    const std::size_t chain = add_plain_chain(fmt::format("pass_{}_{}", suffix(direction), least), direction);
    pass_chains_[{direction, least}] = chain;
    for (const std::size_t index : compiled_.order) {
      const RuleSpec& rule = compiled_.rules[index];
      if (rule.direction != direction || rule.action != RuleAction::LogOnly || rule.priority < least) continue;
      for (Tests& tests : ip_variants(rule)) {
        Step step;
        step.tests = std::move(tests);
        step.rule = static_cast<int>(index);
        if (rule.log) step.log = LogEntry{Code::LogRule, step.rule, rule.packet_data};
        step.ending = End{Verdict::Accept, Stage::Default, Code::LogRule};
        steps(chain).push_back(std::move(step));
      }
    }
    accept(chain, {}, Stage::Default);
  }
}

Ending Builder::pass(Direction direction, unsigned at_least, Stage stage) const {
  const auto chain = pass_chains_.find({direction, at_least});
  if (chain == pass_chains_.end()) return End{Verdict::Accept, stage, Code::None};
  return GoTo{chain->second};
}

void Builder::build_allow_chain(Direction direction) {
  const std::size_t chain = add_plain_chain("allow_" + suffix(direction), direction);
  allow_chains_[direction] = chain;
  add_limits(chain, direction);
  add(chain, {}, pass(direction, 0, Stage::Rule));
}

Step Builder::rule_step(int rule, Tests tests) {
  const RuleSpec& spec = compiled_.rules[static_cast<std::size_t>(rule)];
  Step step;
  step.tests = std::move(tests);
  step.rule = rule;
  switch (spec.action) {
    case RuleAction::Bypass:
      step.marks_bypass = true;
      step.ending = pass(spec.direction, spec.priority + 1U, Stage::Rule);
      break;
    case RuleAction::ForceAllow:
      step.ending = pass(spec.direction, spec.priority, Stage::Rule);
      break;
    case RuleAction::Deny:
      if (spec.log) step.log = LogEntry{Code::DenyRule, rule, spec.packet_data};
      step.ending = End{Verdict::Drop, Stage::Rule, Code::DenyRule};
      break;
    case RuleAction::LogOnly:
      break;  // looked at when a packet passes: build_pass_chains
    case RuleAction::Allow:
      step.ending = GoTo{allow_chains_[spec.direction]};
      break;
  }
  return step;
}

/// What a lookup goes to when `rule` is found: a chain for all that end alike.
std::size_t Builder::outcome_chain(int rule) {
  const RuleSpec& spec = compiled_.rules[static_cast<std::size_t>(rule)];
  if (spec.action == RuleAction::Allow) return allow_chains_[spec.direction];
  const bool is_own = spec.action == RuleAction::Deny && spec.log;
  std::string key = is_own ? fmt::format("deny_{}", rule)
                           : fmt::format("{}_{}_{}", name(spec.action), suffix(spec.direction), spec.priority);
  std::replace(key.begin(), key.end(), '-', '_');
  const auto known = outcomes_.find(key);
  if (known != outcomes_.end()) return known->second;
  const std::size_t chain = add_plain_chain(key, spec.direction);
  Step step = rule_step(rule, {});
  if (!is_own) step.rule = -1;
  steps(chain).push_back(std::move(step));
  outcomes_.emplace(std::move(key), chain);
  return chain;
}

void Builder::add_lookup(std::size_t chain, Lookup lookup) {
  for (LookupEntry& entry : lookup.entries) entry.chain = outcome_chain(entry.rule);
  lookup.map = fmt::format("rules{}", ++lookups_);
  Tests tests;
  if (lookup.has_source || lookup.has_destination) tests.emplace_back(FamilyIs{lookup.family});
  add(chain, std::move(tests), std::move(lookup));
}

void Builder::add_lookups(std::size_t chain, std::vector<std::pair<int, Tests>>& variants) {
  using Shape = std::tuple<bool, bool, bool, bool, Family, bool>;
  std::map<Shape, std::vector<std::size_t>> members;
  std::vector<std::vector<KeyedVariant>> keys(variants.size());
  for (std::size_t i = 0; i < variants.size(); ++i) {
    keys[i] = as_keys(variants[i].second);
    if (keys[i].empty()) continue;
    const KeyedVariant& k = keys[i].front();
    members[{k.has_source, k.has_destination, k.has_source_port, k.has_destination_port, k.family, is_single(k.key)}]
        .push_back(i);
  }
  std::vector<bool> is_placed(variants.size());
  std::size_t comparisons = 0;
  for (const auto& [shape, indices] : members) {
    if (indices.size() < kFewestForLookup) continue;
    Lookup lookup;
    std::tie(lookup.has_source, lookup.has_destination, lookup.has_source_port, lookup.has_destination_port,
             lookup.family, lookup.is_exact) = shape;
    std::set<LookupKey, KeyLess> known;
    for (const std::size_t i : indices) {
      const auto clashes = [&](const KeyedVariant& k) {
        if (lookup.is_exact) return false;
        comparisons += lookup.entries.size();
        return comparisons > kMaxComparisons ||
               std::any_of(lookup.entries.begin(), lookup.entries.end(),
                           [&](const LookupEntry& e) { return overlap(e.key, k.key); });
      };
      if (std::any_of(keys[i].begin(), keys[i].end(), clashes)) continue;
      is_placed[i] = true;
      for (const KeyedVariant& k : keys[i])  // of equal keys the first rule is named
        if (known.insert(k.key).second) lookup.entries.push_back({k.key, variants[i].first, 0});
    }
    add_lookup(chain, std::move(lookup));
  }
  for (std::size_t i = 0; i < variants.size(); ++i)
    if (!is_placed[i]) add_rule(chain, variants[i].first, variants[i].second);
}

void Builder::add_rule(std::size_t chain, int rule, const Tests& tests) {
  steps(chain).push_back(rule_step(rule, tests));
}

void Builder::add_group(std::size_t chain, Direction direction, std::uint8_t priority, RuleAction action) {
  std::vector<std::pair<int, Tests>> variants;
  for (const std::size_t index : compiled_.order) {
    const RuleSpec& rule = compiled_.rules[index];
    if (rule.direction != direction || rule.priority != priority || rule.action != action) continue;
    for (Tests& tests : ip_variants(rule)) variants.emplace_back(static_cast<int>(index), std::move(tests));
  }
  add_lookups(chain, variants);
}

void Builder::build_direction(Direction direction) {
  const bool is_incoming = direction == Direction::Incoming;
  const bool is_isolated = compiled_.conditions.is_isolated;
  const std::size_t rules = add_plain_chain("rules_" + suffix(direction), direction);
  std::vector<Hook> hooks{is_incoming ? Hook::Input : Hook::Output};
  if (is_incoming && (compiled_.policy.filter_forwarded || is_isolated)) hooks.push_back(Hook::Forward);
  for (const Hook hook : hooks) {
    Chain base;
    base.name = hook == Hook::Input ? "input" : hook == Hook::Output ? "output" : "forward";
    base.hook = hook;
    base.priority = is_isolated ? kernel::kEarlyDropPriority : kernel::kFirewallPriority;
    base.direction = direction;
    const std::size_t at = add_chain(std::move(base));
    add_ignored(at, direction);
    if (is_isolated) {
      add_isolation(at, direction);
      continue;
    }
    add_interface_isolation(at, direction);
    add_always(at, direction);
    if (!is_incoming) add_ftp_helper(at, direction);
    add(at, {}, GoTo{rules});
  }
  for (unsigned priority = 5; priority-- > 0;)
    for (const RuleAction action : {RuleAction::Bypass, RuleAction::ForceAllow, RuleAction::Deny})
      add_group(rules, direction, static_cast<std::uint8_t>(priority), action);
  add_checks(rules);
  add_stateful(rules, direction);
  add_group(rules, direction, 0, RuleAction::Allow);
  if (has_rules(direction, RuleAction::Allow)) {
    // ICMPv6 needs a deny rule to be stopped: without it IPv6 does not work.
    add(rules, {ProtocolIn{{kIcmp6}}}, GoTo{allow_chains_[direction]});
    drop(rules, {}, Stage::Implicit, Code::OutOfAllowedPolicy);
  } else {
    add(rules, {}, GoTo{allow_chains_[direction]});
  }
}

}  // namespace warder::firewall
