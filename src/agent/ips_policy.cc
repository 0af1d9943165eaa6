#include "agent/ips_policy.h"

#include <malloc.h>

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/file.h"
#include "base/text.h"
#include "engines/ips/rule_packs.h"

namespace warder::agent {
namespace {

using ips::Action;
using ips::RulePack;

constexpr std::size_t kMaxRuleData = 256U << 20;
constexpr std::string_view kOwnFile = "policy/rules";
constexpr std::array<std::string_view, 4> kStageNames{"off", "shadow", "detect", "prevent"};

std::string at(std::string_view key, std::size_t index) {
  return "/" + std::string(key) + "/" + std::to_string(index);
}

bool blocks(Action action) noexcept {
  return action != Action::Alert && action != Action::Pass;
}

struct NamedStage {
  std::string name;
  RuleStage stage = RuleStage::Detect;
};
Result<NamedStage> parse_named_stage(std::string_view text) {
  const auto space = text.find_last_of(' ');
  if (space == std::string_view::npos)
    return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\": write NAME and off, shadow, detect or prevent");
  return NamedStage{std::string(trim(text.substr(0, space))), WD_TRY(parse_rule_stage(text.substr(space + 1)))};
}

Result<ips::Variables> variables_of(const ips::Policy& settings) {
  auto variables = ips::Variables::defaults();
  variables.set("HOME_NET", "any");
  variables.set("EXTERNAL_NET", "any");
  bool has_home = false;
  bool has_external = false;
  for (std::size_t i = 0; i < settings.variables.size(); ++i) {
    const std::string& setting = settings.variables[i];
    const auto equals = setting.find('=');
    if (equals == std::string::npos || equals == 0)
      return fail(ErrorCode::Invalid, at("variables", i) + ": \"" + setting + "\" is not NAME=VALUE");
    const auto name = setting.substr(0, equals);
    has_home = has_home || name == "HOME_NET";
    has_external = has_external || name == "EXTERNAL_NET";
    variables.set(name, setting.substr(equals + 1));
  }
  if (has_home && !has_external) variables.set("EXTERNAL_NET", "!$HOME_NET");
  for (std::size_t i = 0; i < settings.variables.size(); ++i) {
    const auto name = settings.variables[i].substr(0, settings.variables[i].find('='));
    if (name.ends_with("_PORTS")) {
      WD_TRY(variables.ports("$" + name).in(at("variables", i)));
    } else {
      WD_TRY(variables.addresses("$" + name).in(at("variables", i)));
    }
  }
  return variables;
}

Result<std::vector<RulePack>> read_all_packs(const IpsContent& content) {
  auto all = WD_TRY(ips::read_rule_packs(content.shipped));
  for (const auto& folder : content.packs) {
    std::vector<RulePack> found;
    if (std::filesystem::exists(folder / "pack.json")) {
      found.push_back(WD_TRY(ips::read_rule_pack(folder)));
    } else {
      found = WD_TRY(ips::read_rule_packs(folder));
    }
    for (RulePack& pack : found) {
      const auto same = std::ranges::find(all, pack.name, &RulePack::name);
      if (same == all.end()) {
        all.push_back(std::move(pack));
      } else {
        *same = std::move(pack);
      }
    }
  }
  return all;
}

class Compiler {
 public:
  Compiler(IpsPolicy& policy, IpsRollout& rollout, Timestamp now) : policy_(policy), rollout_(rollout), now_(now) {}

  Result<void> compile(const IpsContent& content) {
    WD_TRY(read_settings());
    if (!policy_.is_on()) return {};
    const auto packs = WD_TRY(read_all_packs(content));
    const auto chosen = WD_TRY(ips::choose_packs(packs, policy_.settings.rule_packs).in("/rule_packs"));
    std::vector<ips::RuleFile> files;
    for (const RulePack* const pack : chosen) {
      const auto index = static_cast<std::uint16_t>(policy_.packs.size());
      policy_.packs.push_back({pack->name, pack->version, 0});
      for (const ips::RuleFile& file : pack->rules) {
        pack_of_[file.path] = index;
        files.push_back(file);
      }
    }
    pack_of_[std::string(kOwnFile)] = static_cast<std::uint16_t>(policy_.packs.size());
    policy_.packs.push_back({"policy", "", 0});
    std::string own;
    for (const std::string& rule : policy_.settings.rules) own.append(rule).append("\n");
    files.push_back({std::string(kOwnFile), own});
    auto loaded = ips::load_rule_files(
        files, WD_TRY(variables_of(policy_.settings)), [](const std::string& path) { return read(path); },
        [this](ips::Rule& rule, const std::string& file) { return place(rule, file); });
    WD_TRY(note_skipped(loaded.skipped));
    policy_.rules = WD_TRY(ips::RuleSet::compile(std::move(loaded)));
    return {};
  }

 private:
  static Result<std::string> read(const std::string& path) {
    if (path.starts_with("policy/")) return fail(ErrorCode::NotFound, "the policy's own rules have no files");
    return read_file(path, kMaxRuleData);
  }

  Result<void> read_settings() {
    const ips::Policy& settings = policy_.settings;
    for (std::size_t i = 0; i < settings.pack_stages.size(); ++i) {
      auto one = WD_TRY(parse_named_stage(settings.pack_stages[i]).in(at("pack_stages", i)));
      pack_stages_[one.name] = one.stage;
    }
    for (std::size_t i = 0; i < settings.rule_modes.size(); ++i) {
      const auto one = WD_TRY(parse_named_stage(settings.rule_modes[i]).in(at("rule_modes", i)));
      rule_stages_[WD_TRY(parse_rule_key(one.name).in(at("rule_modes", i)))] = one.stage;
    }
    for (std::size_t i = 0; i < settings.trusted.size(); ++i)
      policy_.trusted.push_back(WD_TRY(parse_prefix(settings.trusted[i]).in(at("trusted", i))));
    WD_TRY(variables_of(settings));
    return {};
  }

  /// The policy's own rules must all be good; of packs the others are used.
  Result<void> note_skipped(const std::vector<ips::SkippedRule>& skipped) {
    for (const ips::SkippedRule& rule : skipped) {
      if (rule.file == kOwnFile) return fail(ErrorCode::Invalid, at("rules", rule.line - 1) + ": " + rule.reason);
      if (rule.is_unmet) continue;
      if (policy_.skipped++ == 0)
        policy_.first_skipped = rule.file + ":" + std::to_string(rule.line) + ": " + rule.reason;
    }
    return {};
  }

  RuleStage stage_of(const ips::Rule& rule, std::uint16_t pack) {
    const bool is_own = std::size_t{pack} + 1 == policy_.packs.size();
    const auto since = rollout_.note(rule, now_);
    const auto record = rollout_.find(key_of(rule));
    if (record && !record->suspended.empty()) {
      ++policy_.suspended;
      return RuleStage::Off;
    }
    const auto single = rule_stages_.find(key_of(rule));
    if (single != rule_stages_.end()) return single->second;
    if (is_own) return RuleStage::Prevent;
    const auto named = pack_stages_.find(policy_.packs[pack].name);
    const RuleStage wanted = named == pack_stages_.end() ? RuleStage::Detect : named->second;
    const auto limit = static_cast<std::uint64_t>(policy_.settings.max_false_positives);
    if (limit > 0 && record && record->false_positives >= limit) return std::min(wanted, RuleStage::Shadow);
    const auto promotion = since + std::chrono::hours(policy_.settings.shadow_hours);
    if (wanted <= RuleStage::Shadow || promotion <= now_) return wanted;
    if (policy_.next_promotion == Timestamp{} || promotion < policy_.next_promotion) policy_.next_promotion = promotion;
    return RuleStage::Shadow;
  }

  bool place(ips::Rule& rule, const std::string& file) {
    const auto pack = pack_of_.at(file);
    RuleStanding standing;
    standing.pack = pack;
    standing.stage = stage_of(rule, pack);
    const bool is_forced = rule_stages_.contains(key_of(rule)) && standing.stage == RuleStage::Prevent;
    const bool is_of_class =
        std::ranges::find(policy_.settings.block_classes, rule.classtype) != policy_.settings.block_classes.end();
    standing.would_block = blocks(rule.action) || (rule.action == Action::Alert && (is_forced || is_of_class));
    standing.blocks = standing.would_block && standing.stage == RuleStage::Prevent && policy_.prevents();
    if (standing.stage == RuleStage::Off) return false;
    if (standing.stage == RuleStage::Shadow) ++policy_.shadowed;
    if (rule.action == Action::Pass && standing.stage == RuleStage::Shadow) return false;
    if (standing.blocks && rule.action == Action::Alert) rule.action = Action::Drop;
    if (!standing.blocks && blocks(rule.action)) rule.action = Action::Alert;
    for (ips::Threshold& threshold : rule.thresholds) {
      if (blocks(threshold.new_action) && (standing.stage != RuleStage::Prevent || !policy_.prevents()))
        threshold.new_action = Action::Alert;
    }
    ++policy_.packs[pack].rules;
    policy_.standings[key_of(rule)] = standing;
    return true;
  }

  IpsPolicy& policy_;
  IpsRollout& rollout_;
  Timestamp now_;
  std::map<std::string, RuleStage> pack_stages_;
  std::map<RuleKey, RuleStage> rule_stages_;
  std::map<std::string, std::uint16_t> pack_of_;
};

}  // namespace

std::string_view name(RuleStage stage) noexcept {
  return kStageNames[static_cast<std::size_t>(stage)];
}

Result<RuleStage> parse_rule_stage(std::string_view text) {
  const auto found = std::ranges::find(kStageNames, text);
  if (found == kStageNames.end())
    return fail(ErrorCode::Invalid, "\"" + std::string(text) + "\" is not off, shadow, detect or prevent");
  return static_cast<RuleStage>(found - kStageNames.begin());
}

Result<std::shared_ptr<const IpsPolicy>> compile_ips_policy(const ips::Policy& settings, const IpsContent& content,
                                                            IpsRollout& rollout, Timestamp now) {
  auto policy = std::make_shared<IpsPolicy>();
  policy->settings = settings;
  WD_TRY(Compiler(*policy, rollout, now).compile(content));
#ifdef __GLIBC__
  ::malloc_trim(0);  // reading rules leaves more behind than they take; the C library would keep it
#endif
  return policy;
}

}  // namespace warder::agent
