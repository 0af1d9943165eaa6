// The policy section "ips" made ready: rules compiled, how far each may go, whom it does not concern.
#pragma once

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "agent/ips_rollout.h"
#include "base/address.h"
#include "engines/ips/policy.h"
#include "engines/ips/rule_set.h"

namespace warder::agent {

/// How far a rule may go. Shadow: its matches are counted and nothing else.
enum class RuleStage : std::uint8_t { Off, Shadow, Detect, Prevent };
std::string_view name(RuleStage stage) noexcept;
Result<RuleStage> parse_rule_stage(std::string_view text);

struct RuleStanding {
  RuleStage stage = RuleStage::Detect;
  bool blocks = false;       // in force
  bool would_block = false;  // as its author or the policy wants, whatever the stage and the mode
  std::uint16_t pack = 0;    // in IpsPolicy::packs
};

struct IpsPackSummary {
  std::string name;
  std::string version;
  std::size_t rules = 0;
};

/// Immutable once published.
struct IpsPolicy {
  ips::Policy settings;
  std::shared_ptr<const ips::RuleSet> rules;
  std::map<RuleKey, RuleStanding> standings;
  std::vector<IpsPackSummary> packs;  // the last one is the policy's own rules
  std::vector<IpPrefix> trusted;
  std::size_t skipped = 0;
  std::string first_skipped;  // file, line and reason
  std::size_t shadowed = 0;
  std::size_t suspended = 0;
  Timestamp next_promotion;  // when the first rule leaves shadow; 0: none is there

  [[nodiscard]] bool is_on() const noexcept { return settings.mode != "off"; }
  [[nodiscard]] bool is_tap() const noexcept { return settings.mode == "tap"; }
  [[nodiscard]] bool prevents() const noexcept { return settings.mode == "prevent"; }
};

/// Where rule packs are. A pack that the manager sent hides the one of the same name that came with the agent.
struct IpsContent {
  std::filesystem::path shipped;             // share/ips
  std::vector<std::filesystem::path> packs;  // folders of active content packs: a pack, or a folder of packs
};

/// All of it or an error that names the key. Rules of packs that cannot be used are left out and counted.
Result<std::shared_ptr<const IpsPolicy>> compile_ips_policy(const ips::Policy& settings, const IpsContent& content,
                                                            IpsRollout& rollout, Timestamp now);

}  // namespace warder::agent
