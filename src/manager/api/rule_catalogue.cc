#include "manager/api/rule_catalogue.h"

#include <algorithm>
#include <tuple>

#include "base/file.h"
#include "base/text.h"
#include "engines/integrity/rules.h"
#include "engines/ips/rule_index.h"
#include "engines/ips/rule_packs.h"
#include "engines/loginspection/engine.h"
#include "engines/loginspection/rule_packs.h"
#include "manager/api/rule_text.h"

namespace warder::manager {
namespace {

namespace li = loginspection;

constexpr std::size_t kMaxRuleBytes = 4U << 20;

/// As agents do it: docs/log-inspection.md.
std::string_view severity_of(unsigned level) {
  constexpr unsigned kCritical = 12;
  constexpr unsigned kHigh = 8;
  constexpr unsigned kMedium = 4;
  constexpr unsigned kLow = 1;
  if (level >= kCritical) return "critical";
  if (level >= kHigh) return "high";
  if (level >= kMedium) return "medium";
  return level >= kLow ? "low" : "info";
}

RuleOrigin origin_of(const li::Rule& rule, const std::vector<li::RulePack>& packs) {
  RuleOrigin origin{rule.file, "", {}};
  for (const li::RulePack& pack : packs)
    for (const li::SourceText& file : pack.rules)
      if (file.name == rule.file) origin.text = xml_rule_at(file.text, rule.line);
  for (const auto& [kind, text] : rule.infos)
    if (kind != "cve") origin.references.push_back(kind == "link" || kind == "text" ? text : kind + " " + text);
  return origin;
}

std::vector<std::string> cves_of(const li::Rule& rule) {
  std::vector<std::string> cves;
  for (const auto& [kind, text] : rule.infos)
    if (const std::string cve = kind == "cve" ? ips::normal_cve(text) : ""; !cve.empty()) cves.push_back(cve);
  return cves;
}

RuleOrigin origin_of(const ips::RuleFacts& rule, const std::vector<ips::RulePack>& packs) {
  for (const ips::RulePack& pack : packs) {
    if (pack.name != rule.pack) continue;
    for (const ips::RuleFile& file : pack.rules) {
      std::string text = suricata_rule(file.text, std::to_string(rule.sid));
      if (text.empty()) continue;
      auto references = suricata_references(text);
      const std::string name = pack.name + "/" + std::filesystem::path(file.path).filename().string();
      return {name, std::move(text), std::move(references)};
    }
  }
  return {};
}

Result<void> add_log_rules(const std::filesystem::path& folder, RuleCatalogue& out) {
  const auto packs = WD_TRY(li::read_rule_packs(folder));
  for (const auto dialect : {li::Dialect::Wazuh, li::Dialect::Ossec}) {
    const auto chosen = WD_TRY(li::choose_packs(packs, {}));
    const auto checked = li::check(li::define(chosen, dialect));
    if (!checked.compiled) continue;
    for (const li::Rule* rule : li::rules(*checked.compiled)) {
      out.rules.push_back({"log-inspection", std::to_string(rule->id), rule->description,
                           rule->file.substr(0, rule->file.find('/')), std::string(severity_of(rule->level)),
                           rule->level, rule->mitre, cves_of(*rule), origin_of(*rule, packs)});
    }
  }
  for (const li::RulePack& pack : packs)
    out.packs.push_back({"log-inspection", pack.name, pack.version, pack.description, 0});
  return {};
}

Result<void> add_ips_rules(const std::filesystem::path& folder, RuleCatalogue& out) {
  const auto packs = WD_TRY(ips::read_rule_packs(folder));
  const ips::RuleDirectory directory(packs);
  for (const ips::RuleFacts& rule : directory.rules())
    out.rules.push_back({"ips",
                         std::to_string(rule.gid) + ":" + std::to_string(rule.sid),
                         rule.message,
                         rule.pack,
                         "",
                         std::nullopt,
                         {},
                         rule.cves,
                         origin_of(rule, packs)});
  for (const ips::RulePack& pack : packs) out.packs.push_back({"ips", pack.name, pack.version, pack.description, 0});
  return {};
}

Result<void> add_integrity_rules(const std::filesystem::path& folder, RuleCatalogue& out) {
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".yaml") continue;
    const std::string text = WD_TRY(read_file(entry.path().string(), kMaxRuleBytes));
    for (const integrity::Rule& rule : WD_TRY(integrity::load_rules(text, {}).in(entry.path().string())).rules) {
      // A policy names such a rule as a pack of its own.
      out.rules.push_back({"integrity",
                           rule.id,
                           rule.name,
                           rule.id,
                           std::string(name(rule.severity)),
                           std::nullopt,
                           {},
                           {},
                           {entry.path().filename().string(), yaml_rule(text, rule.id), {}}});
      out.packs.push_back({"integrity", rule.id, "", rule.name, 0});
    }
  }
  return {};
}

bool has(std::string_view text, std::string_view word) {
  return to_lower_ascii(text).find(word) != std::string::npos;
}

}  // namespace

Result<RuleCatalogue> read_rule_catalogue(const std::filesystem::path& share) {
  RuleCatalogue out;
  WD_TRY(add_log_rules(share / "loginspection", out));
  WD_TRY(add_ips_rules(share / "ips", out));
  WD_TRY(add_integrity_rules(share / "integrity", out));
  const auto place = [](const ListedRule& rule) { return std::tie(rule.module, rule.pack, rule.id); };
  std::ranges::sort(out.rules, [&](const ListedRule& a, const ListedRule& b) { return place(a) < place(b); });
  const auto same = [&](const ListedRule& a, const ListedRule& b) { return place(a) == place(b); };
  out.rules.erase(std::unique(out.rules.begin(), out.rules.end(), same), out.rules.end());
  std::ranges::sort(out.packs, [](const ListedPack& a, const ListedPack& b) {
    return std::tie(a.module, a.name) < std::tie(b.module, b.name);
  });
  for (ListedPack& pack : out.packs)
    pack.rules = static_cast<std::size_t>(std::ranges::count_if(
        out.rules, [&](const ListedRule& rule) { return rule.module == pack.module && rule.pack == pack.name; }));
  return out;
}

bool matches(const ListedRule& rule, const RuleFilter& filter) {
  if (!filter.module.empty() && rule.module != filter.module) return false;
  if (!filter.pack.empty() && rule.pack != filter.pack) return false;
  const auto is_of = [&](const std::string& technique) {
    return technique == filter.technique || technique.starts_with(filter.technique + ".");
  };
  if (!filter.technique.empty() && std::ranges::none_of(rule.techniques, is_of)) return false;
  const std::string search = to_lower_ascii(filter.search);
  for (const std::string_view word : split(search, ' ')) {
    const auto named = [&](const std::string& text) { return has(text, word); };
    if (!word.empty() && !has(rule.id, word) && !has(rule.title, word) && !has(rule.pack, word) &&
        std::ranges::none_of(rule.techniques, named) && std::ranges::none_of(rule.cves, named))
      return false;
  }
  return true;
}

const ListedRule* find_rule(const RuleCatalogue& catalogue, std::string_view module, std::string_view id) {
  const auto found = std::ranges::find_if(
      catalogue.rules, [&](const ListedRule& rule) { return rule.module == module && rule.id == id; });
  return found == catalogue.rules.end() ? nullptr : &*found;
}

const ListedPack* find_pack(const RuleCatalogue& catalogue, const ListedRule& rule) {
  const auto found = std::ranges::find_if(
      catalogue.packs, [&](const ListedPack& pack) { return pack.module == rule.module && pack.name == rule.pack; });
  return found == catalogue.packs.end() ? nullptr : &*found;
}

Result<std::shared_ptr<const RuleCatalogue>> SharedRules::get() {
  const std::lock_guard lock(mutex_);
  if (!catalogue_) catalogue_ = std::make_shared<const RuleCatalogue>(WD_TRY(read_rule_catalogue(share_)));
  return catalogue_;
}

}  // namespace warder::manager
