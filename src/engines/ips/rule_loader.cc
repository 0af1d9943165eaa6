#include "engines/ips/rule_loader.h"

#include <algorithm>
#include <bit>
#include <map>
#include <tuple>

#include "base/text.h"
#include "engines/ips/rule_text.h"

namespace warder::ips {

namespace {

/// The number after "sid:" in a rule that could not be read, as far as it can be told.
std::uint32_t find_sid(std::string_view text) {
  const auto at = text.rfind("sid:");
  if (at == std::string_view::npos) return 0;
  const auto rest = trim(text.substr(at + 4));
  return parse_integer<std::uint32_t>(rest.substr(0, rest.find_first_not_of("0123456789"))).value_or(0);
}

/// Those that only set come first, then those that do both, then those that only read; rules without come last.
int use_rank(std::uint8_t use) {
  switch (use) {
    case kSets:
      return 0;
    case kSets | kReads:
      return 1;
    case kReads:
      return 2;
    default:
      return 3;
  }
}

int action_rank(Action action) {
  switch (action) {
    case Action::Pass:
      return 0;
    case Action::Drop:
      return 1;
    case Action::Reject:
    case Action::RejectDestination:
    case Action::RejectBoth:
      return 2;
    case Action::Alert:
      return 3;
  }
  return 3;
}

constexpr std::pair<std::string_view, std::uint8_t> kClasses[] = {
    {"not-suspicious", 3},
    {"unknown", 3},
    {"bad-unknown", 2},
    {"attempted-recon", 2},
    {"successful-recon-limited", 2},
    {"successful-recon-largescale", 2},
    {"attempted-dos", 2},
    {"successful-dos", 2},
    {"attempted-user", 1},
    {"unsuccessful-user", 1},
    {"successful-user", 1},
    {"attempted-admin", 1},
    {"successful-admin", 1},
    {"rpc-portmap-decode", 2},
    {"shellcode-detect", 1},
    {"string-detect", 3},
    {"suspicious-filename-detect", 2},
    {"suspicious-login", 2},
    {"system-call-detect", 2},
    {"tcp-connection", 4},
    {"trojan-activity", 1},
    {"unusual-client-port-connection", 2},
    {"network-scan", 3},
    {"denial-of-service", 2},
    {"non-standard-protocol", 2},
    {"protocol-command-decode", 3},
    {"web-application-activity", 2},
    {"web-application-attack", 1},
    {"misc-activity", 3},
    {"misc-attack", 2},
    {"icmp-event", 3},
    {"inappropriate-content", 1},
    {"policy-violation", 1},
    {"default-login-attempt", 2},
    {"targeted-activity", 1},
    {"exploit-kit", 1},
    {"external-ip-check", 2},
    {"domain-c2", 1},
    {"pup-activity", 2},
    {"credential-theft", 1},
    {"social-engineering", 2},
    {"coin-mining", 2},
    {"command-and-control", 1},
};

}  // namespace

void RuleLoader::add_classes(std::string_view text) {
  for (auto line : split(text, '\n')) {
    line = trim(line);
    constexpr std::string_view kPrefix = "config classification:";
    if (!line.starts_with(kPrefix)) continue;
    const auto parts = split(line.substr(kPrefix.size()), ',');
    if (parts.size() < 3) continue;
    const auto priority = parse_integer<std::uint8_t>(trim(parts[2]));
    if (priority) context_.class_priorities[std::string(trim(parts[0]))] = *priority;
  }
}

void RuleLoader::add(std::string file, std::string_view text, ReadFile read_file) {
  if (context_.class_priorities.empty()) {
    for (const auto& [name, priority] : kClasses) context_.class_priorities.emplace(std::string(name), priority);
  }
  context_.read_file = std::move(read_file);
  const auto index = static_cast<std::uint32_t>(loaded_.files.size());
  const auto lines = rule_lines(text);
  // To the next power of two: rules are large, and are moved each time that the list grows.
  loaded_.rules.reserve(std::bit_ceil(loaded_.rules.size() + lines.size()));
  for (const auto& line : lines) {
    auto rule = RuleBuilder::build(line.text, context_);
    if (!rule) {
      const bool is_unmet = rule.error().code == ErrorCode::NotFound && rule.error().message.starts_with("requires");
      loaded_.skipped.push_back({file, line.line, find_sid(line.text), rule.error().message, is_unmet});
      continue;
    }
    rule->file = index;
    rule->line = line.line;
    loaded_.rules.push_back(std::move(*rule));
  }
  loaded_.files.push_back(std::move(file));
  context_.read_file = nullptr;
}

void RuleLoader::adjust(const std::function<bool(Rule&, const std::string&)>& keeps) {
  std::erase_if(loaded_.rules, [&](Rule& rule) { return !keeps(rule, loaded_.files[rule.file]); });
}

void RuleLoader::add_thresholds(std::string file, std::string_view text) {
  auto lines = parse_threshold_file(text, context_.variables);
  if (!lines) {
    loaded_.skipped.push_back({std::move(file), 0, 0, lines.error().message, false});
    return;
  }
  for (auto& line : *lines) thresholds_.push_back(std::move(line));
}

/// A line for one rule takes the place of what the rule says itself; lines for all leave rules with their own alone.
void RuleLoader::apply_thresholds() {
  const auto counts = [](const Threshold& threshold) {
    return threshold.kind != Threshold::Kind::Suppress && threshold.kind != Threshold::Kind::Rate &&
           threshold.kind != Threshold::Kind::Detection;
  };
  for (auto& rule : loaded_.rules) {
    const bool has_own = std::ranges::any_of(rule.thresholds, counts);
    for (const auto& line : thresholds_) {
      const bool is_for_it = (line.gid == 0 || line.gid == rule.gid) && (line.sid == 0 || line.sid == rule.sid);
      if (!is_for_it) continue;
      if (counts(line.threshold)) {
        if (line.sid == 0 && has_own) continue;
        std::erase_if(rule.thresholds, counts);
      }
      rule.thresholds.push_back(line.threshold);
    }
  }
}

void RuleLoader::add_reputation(std::string_view categories, std::string_view list) {
  std::map<std::uint32_t, std::uint32_t> numbers;
  for (const auto line : split(categories, '\n')) {
    const auto parts = split(line, ',');
    const auto number = parse_integer<std::uint32_t>(trim(parts[0]));
    if (number && parts.size() > 1) numbers[*number] = context_.reputation_categories.number(trim(parts[1]));
  }
  for (const auto line : split(list, '\n')) {
    const auto parts = split(line, ',');
    if (parts.size() < 3 || trim(parts[0]).starts_with('#')) continue;
    const auto number = parse_integer<std::uint32_t>(trim(parts[1]));
    const auto score = parse_integer<std::uint8_t>(trim(parts[2]));
    auto addresses = Variables().addresses(trim(parts[0]));
    const auto known = number ? numbers.find(*number) : numbers.end();
    if (!score || !addresses || known == numbers.end() || known->second > 0xff) continue;
    loaded_.reputation.push_back({std::move(*addresses), static_cast<std::uint8_t>(known->second), *score});
  }
}

LoadedRules RuleLoader::finish() && {
  apply_thresholds();
  auto& rules = loaded_.rules;
  std::map<std::pair<std::uint32_t, std::uint32_t>, std::size_t> newest;
  std::vector<bool> is_out(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    const auto [place, is_new] = newest.emplace(std::pair(rules[i].gid, rules[i].sid), i);
    if (is_new) continue;
    const bool is_newer = rules[i].rev > rules[place->second].rev;
    const auto loser = is_newer ? std::exchange(place->second, i) : i;
    is_out[loser] = true;
    loaded_.skipped.push_back({loaded_.files[rules[loser].file], rules[loser].line, rules[loser].sid,
                               "this sid stands in another rule, of the same or a newer revision", false});
  }
  std::vector<std::size_t> order;
  order.reserve(rules.size());
  for (std::size_t i = 0; i < rules.size(); ++i) {
    if (!is_out[i]) order.push_back(i);
  }
  std::ranges::stable_sort(order, {}, [&](std::size_t i) {
    const auto& rule = rules[i];
    return std::tuple(action_rank(rule.action), use_rank(rule.flowbit_use), use_rank(rule.flowint_use), rule.priority);
  });
  std::vector<Rule> kept;
  kept.reserve(order.size());
  for (const auto i : order) kept.push_back(std::move(rules[i]));
  rules = std::move(kept);
  loaded_.flowbit_names = context_.flowbits.size();
  return std::move(loaded_);
}

}  // namespace warder::ips
