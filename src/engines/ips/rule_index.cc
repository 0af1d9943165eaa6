#include "engines/ips/rule_index.h"

#include <algorithm>

#include "base/file.h"
#include "base/text.h"

namespace warder::ips {
namespace {

constexpr std::size_t kMaxNamedPorts = 8;

bool is_digit(char letter) noexcept {
  return letter >= '0' && letter <= '9';
}

/// Each CVE number in free text.
void collect_cves(std::string_view text, std::vector<std::string>& to) {
  const auto lower = to_lower_ascii(text);
  for (auto at = lower.find("cve"); at != std::string::npos; at = lower.find("cve", at + 3)) {
    auto end = at + 3;
    while (end < lower.size() && (is_digit(lower[end]) || lower[end] == '-' || lower[end] == '_')) ++end;
    if (auto cve = normal_cve(std::string_view(lower).substr(at, end - at)); !cve.empty()) to.push_back(std::move(cve));
  }
}

void keep_each_once(std::vector<std::string>& texts) {
  std::ranges::sort(texts);
  const auto rest = std::ranges::unique(texts);
  texts.erase(rest.begin(), rest.end());
}

std::vector<std::uint16_t> named_ports(const PortSet& ports) {
  std::vector<std::uint16_t> named;
  if (ports.is_any()) return named;
  for (std::uint32_t port = 1; port <= UINT16_MAX; ++port) {
    if (!ports.contains(static_cast<std::uint16_t>(port))) continue;
    named.push_back(static_cast<std::uint16_t>(port));
    if (named.size() > kMaxNamedPorts) return {};
  }
  return named;
}

/// "log4j" is in "liblog4j2-java": as a word, with what distributions put around names.
bool names_product(std::string_view package, std::string_view product) {
  if (package == product) return true;
  for (auto part : split(package, '-')) {
    if (part.starts_with("lib")) part.remove_prefix(3);
    while (!part.empty() && is_digit(part.back()) && !part.ends_with(product)) part.remove_suffix(1);
    if (part == product) return true;
  }
  return package.starts_with(std::string(product) + "-") || package.ends_with("-" + std::string(product));
}

}  // namespace

std::string normal_cve(std::string_view text) {
  std::string digits = to_lower_ascii(trim(text));
  std::ranges::replace(digits, '_', '-');
  std::string_view rest = digits;
  if (rest.starts_with("cve")) rest.remove_prefix(3);
  if (rest.starts_with("-")) rest.remove_prefix(1);
  const auto hyphen = rest.find('-');
  if (hyphen != 4 || rest.size() < 9 || rest.size() > 13) return {};
  const auto year = rest.substr(0, 4);
  const auto number = rest.substr(5);
  if (!std::ranges::all_of(year, is_digit) || !std::ranges::all_of(number, is_digit)) return {};
  return "CVE-" + std::string(rest);
}

RuleDirectory::RuleDirectory(std::span<const RulePack> packs) {
  for (const RulePack& pack : packs) {
    auto variables = Variables::defaults();
    variables.set("HOME_NET", "any");
    variables.set("EXTERNAL_NET", "any");
    const auto loaded =
        load_rule_files(pack.rules, std::move(variables), [](const std::string& path) { return read_file(path); });
    for (const Rule& rule : loaded.rules) {
      RuleFacts facts{rule.gid, rule.sid, rule.message, pack.name, {}, {}, named_ports(rule.destination_ports), false};
      facts.blocks = rule.action != Action::Alert && rule.action != Action::Pass;
      for (const auto& [kind, value] : rule.references) {
        if (!equals_ignoring_case(kind, "cve")) continue;
        if (auto cve = normal_cve(value); !cve.empty()) facts.cves.push_back(std::move(cve));
      }
      for (const auto& [key, value] : rule.metadata) {
        if (equals_ignoring_case(key, "cve")) collect_cves(value, facts.cves);
        if (key == "affected_product" || key == "product") facts.products.push_back(to_lower_ascii(value));
      }
      collect_cves(rule.message, facts.cves);
      keep_each_once(facts.cves);
      keep_each_once(facts.products);
      rules_.push_back(std::move(facts));
    }
  }
  std::ranges::sort(rules_, {}, [](const RuleFacts& facts) { return std::pair(facts.gid, facts.sid); });
}

std::vector<RuleReason> RuleDirectory::protecting(const HostNeeds& host) const {
  std::vector<RuleReason> reasons;
  for (const RuleFacts& rule : rules_) {
    const auto cve = std::ranges::find_if(rule.cves, [&](const auto& one) { return host.cves.contains(one); });
    if (cve != rule.cves.end()) {
      reasons.push_back({&rule, *cve});
      continue;
    }
    const auto package = std::ranges::find_if(host.packages, [&](const std::string& name) {
      return std::ranges::any_of(rule.products, [&](const auto& product) { return names_product(name, product); });
    });
    if (package != host.packages.end()) {
      reasons.push_back({&rule, "package " + *package});
      continue;
    }
    const auto port = std::ranges::find_if(rule.ports, [&](const auto one) { return host.ports.contains(one); });
    if (port != rule.ports.end()) reasons.push_back({&rule, "port " + std::to_string(*port)});
  }
  return reasons;
}

std::set<std::string> RuleDirectory::cves() const {
  std::set<std::string> all;
  for (const RuleFacts& rule : rules_) all.insert(rule.cves.begin(), rule.cves.end());
  return all;
}

}  // namespace warder::ips
