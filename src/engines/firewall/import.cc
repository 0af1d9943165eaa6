#include "engines/firewall/import.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json.hpp>
#include <cctype>

#include "base/json.h"
#include "base/text.h"
#include "engines/firewall/analyse.h"
#include "engines/firewall/import_parts.h"

namespace warder::firewall {
namespace {

constexpr std::size_t kMaxDepth = 64;
constexpr unsigned kPriorities = 5;
constexpr std::size_t kMaxPairs = 9'000'000;

struct FormatRow {
  ImportFormat format;
  std::string_view name;
};
constexpr FormatRow kFormats[] = {{ImportFormat::Auto, "auto"},
                                  {ImportFormat::DeepSecurity, "deep-security"},
                                  {ImportFormat::Iptables, "iptables"},
                                  {ImportFormat::Nft, "nft"},
                                  {ImportFormat::Aws, "aws"}};

ImportFormat guess(std::string_view text) {
  const std::string_view begin = trim(text);
  if (begin.starts_with('{') || begin.starts_with('[')) {
    if (text.find("SecurityGroups") != std::string_view::npos || text.find("IpPermissions") != std::string_view::npos)
      return ImportFormat::Aws;
    if (text.find("\"nftables\"") != std::string_view::npos) return ImportFormat::Nft;
    return ImportFormat::DeepSecurity;
  }
  for (const std::string_view line : split(text, '\n')) {
    const std::string_view word = trim(line);
    if (word.starts_with("table ")) return ImportFormat::Nft;
    if (word.starts_with("*") || word.starts_with("-A ") || word.starts_with(":")) return ImportFormat::Iptables;
  }
  return ImportFormat::Auto;
}

/// The rule as the engine sees it, to ask whether it can meet another.
std::optional<RuleSpec> spec_of(const Imported& out, Rule rule) {
  Policy alone;
  alone.lists = out.policy.lists;
  rule.action = "deny";
  rule.priority = 0;
  rule.schedule.clear();
  rule.context.clear();
  alone.rules.push_back(std::move(rule));
  auto specs = resolve_rules(alone);
  if (!specs || specs->empty()) return std::nullopt;
  return std::move(specs->front());
}

/// How early a rule must be looked at: each change between accept and drop that matters is one step.
std::vector<unsigned> levels_of(const Imported& out, const std::vector<OrderedRule>& rules, bool default_drop) {
  std::vector<std::optional<RuleSpec>> specs;
  for (const OrderedRule& each : rules) specs.push_back(spec_of(out, each.rule));
  // Level 0: deny at priority 0, or allow (after it). Within a priority force-allow comes before deny, so an accept
  // before a drop of priority p is force-allow at p, and a drop before a force-allow at p is deny at p + 1.
  std::vector<unsigned> levels(rules.size());
  const bool is_whole = rules.size() * rules.size() <= kMaxPairs;
  for (std::size_t i = rules.size(); i-- > 0;) {
    unsigned level = rules[i].verdict == OrderedVerdict::Drop ? 1U : 0U;  // even: accept, odd: drop
    if (rules[i].verdict == OrderedVerdict::Accept && !default_drop) level = 2;
    if (rules[i].verdict == OrderedVerdict::Log) continue;
    for (std::size_t j = i + 1; j < rules.size(); ++j) {
      if (rules[j].verdict == rules[i].verdict || rules[j].verdict == OrderedVerdict::Log || levels[j] < level)
        continue;
      const bool may_meet = !is_whole || !specs[i] || !specs[j] || overlap(*specs[i], *specs[j]);
      if (may_meet) level = levels[j] + 1;
    }
    levels[i] = level;
  }
  return levels;
}

}  // namespace

std::string_view name(ImportFormat format) noexcept {
  for (const FormatRow& row : kFormats)
    if (row.format == format) return row.name;
  return "auto";
}

Result<ImportFormat> parse_import_format(std::string_view text) {
  for (const FormatRow& row : kFormats)
    if (row.name == text) return row.format;
  return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not one of auto, deep-security, iptables, nft, aws", text));
}

std::string_view name(ImportEffect effect) noexcept {
  switch (effect) {
    case ImportEffect::Lost:
      return "lost";
    case ImportEffect::Changed:
      return "changed";
    case ImportEffect::Info:
      return "info";
  }
  return "lost";
}

void note(Imported& out, ImportEffect effect, std::string place, std::string text) {
  out.notes.push_back({effect, std::move(place), std::move(text)});
}

std::string unique_id(const Policy& policy, std::string_view wish) {
  std::string id;
  for (const char c : wish.substr(0, 48)) {
    const bool is_good = std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '.' || c == '_';
    if (is_good) id += c;
    if (!is_good && !id.empty() && id.back() != '-') id += '-';
  }
  while (id.ends_with('-')) id.pop_back();
  if (id.empty()) id = "rule";
  const auto is_known = [&](const std::string& text) {
    return std::any_of(policy.rules.begin(), policy.rules.end(), [&](const Rule& rule) { return rule.id == text; });
  };
  if (!is_known(id)) return id;
  std::size_t number = policy.rules.size() + 1;
  while (is_known(fmt::format("{}-{}", id, number))) ++number;
  return fmt::format("{}-{}", id, number);
}

std::optional<OrderedVerdict> verdict_of(std::string_view word) {
  if (word == "ACCEPT" || word == "accept") return OrderedVerdict::Accept;
  if (word == "DROP" || word == "REJECT" || word == "drop" || word == "reject") return OrderedVerdict::Drop;
  if (word == "LOG" || word == "NFLOG" || word == "log") return OrderedVerdict::Log;
  return std::nullopt;
}

void order_rules(Imported& out, std::vector<OrderedRule> rules, bool default_drop, std::string_view direction) {
  const std::vector<unsigned> levels = levels_of(out, rules, default_drop);
  bool has_allow = false;
  for (std::size_t i = 0; i < rules.size(); ++i) {
    Rule& rule = rules[i].rule;
    rule.direction = std::string(direction);
    const unsigned level = levels[i];
    const unsigned priority = level == 0 ? 0 : (level - 1) / 2;
    if (rules[i].verdict == OrderedVerdict::Log) {
      rule.action = "log-only";
    } else if (priority >= kPriorities) {
      note(out, ImportEffect::Lost, rules[i].place,
           "accept and drop alternate more often than there are priorities; the rule was left out");
      continue;
    } else if (rules[i].verdict == OrderedVerdict::Drop) {
      rule.action = "deny";
      rule.priority = priority;
    } else if (level == 0) {
      rule.action = "allow";
      has_allow = true;
    } else {
      // 2: before a deny of priority 0, or where the default accepts.
      rule.action = "force-allow";
      rule.priority = (level - 2) / 2;
    }
    rule.id = unique_id(out.policy, rule.id);
    out.policy.rules.push_back(std::move(rule));
    out.rules_carried += 1;
  }
  if (!default_drop || has_allow) return;
  Rule rest;
  rest.id = unique_id(out.policy, std::string(direction) + "-default");
  rest.name = "What no rule accepts";
  rest.action = "deny";
  rest.direction = std::string(direction);
  rest.frame_type = "ip";
  out.policy.rules.push_back(std::move(rest));
}

Result<Imported> import_rules(std::string_view text, ImportFormat format) {
  if (text.size() > kMaxImportBytes) return fail(ErrorCode::TooLarge, "more than 64 MiB");
  if (format == ImportFormat::Auto) format = guess(text);
  Result<Imported> out = fail(ErrorCode::Invalid,
                              "neither Deep Security's firewall rules, nor iptables-save, nft list ruleset or AWS "
                              "security groups; name the format");
  switch (format) {
    case ImportFormat::Auto:
      return out;
    case ImportFormat::Iptables:
      out = import_iptables(text);
      break;
    case ImportFormat::Nft: {
      if (!trim(text).starts_with('{')) {
        out = import_nft(text);
        break;
      }
      const json::value document = WD_TRY(parse_json(text, kMaxImportBytes, kMaxDepth));
      if (!document.is_object()) return fail(ErrorCode::Invalid, "/: not an object");
      out = import_nft_json(document.get_object());
      break;
    }
    case ImportFormat::DeepSecurity:
    case ImportFormat::Aws: {
      json::value document = WD_TRY(parse_json(text, kMaxImportBytes, kMaxDepth));
      if (document.is_array())
        document =
            json::object{{format == ImportFormat::Aws ? "SecurityGroups" : "firewallRules", std::move(document)}};
      if (!document.is_object()) return fail(ErrorCode::Invalid, "/: neither an object nor a list");
      out =
          format == ImportFormat::Aws ? import_aws(document.get_object()) : import_deep_security(document.get_object());
      break;
    }
  }
  if (!out) return out;
  out->format = format;
  if (out->policy.rules.size() > kMaxRules)
    return fail(ErrorCode::TooLarge, fmt::format("{} rules; at most {}", out->policy.rules.size(), kMaxRules));
  return out;
}

json::object to_json(const Imported& imported) {
  json::array notes;
  for (const ImportNote& each : imported.notes)
    notes.push_back(json::object{{"effect", name(each.effect)}, {"place", each.place}, {"text", each.text}});
  return {{"format", name(imported.format)},
          {"policy", to_json(imported.policy)},
          {"rules_read", imported.rules_read},
          {"rules_carried", imported.rules_carried},
          {"notes", std::move(notes)}};
}

}  // namespace warder::firewall
