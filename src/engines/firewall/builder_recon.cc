// What reconnaissance hears of: probes that no program sends, and each new pair of source and target once in a while.
#include "engines/firewall/builder.h"

namespace warder::firewall {
namespace {

constexpr std::uint32_t kProbesPerSecond = 100;
constexpr std::uint32_t kTargetsPerSecond = 5000;
constexpr std::uint8_t kSixFlags = kFin | kSyn | kRst | kPsh | kAck | kUrg;

Test flags(int mask, int value, bool negated = false) {
  return FlagsAre{{static_cast<std::uint8_t>(mask), static_cast<std::uint8_t>(value), negated}};
}

}  // namespace

void Builder::observe(std::size_t chain, Tests tests, std::uint32_t per_second) {
  Step step;
  step.tests = std::move(tests);
  step.tests.emplace_back(RateUnder{per_second});
  step.log = LogEntry{Code::None, -1, false, true};
  step.observes = true;
  steps(chain).push_back(std::move(step));
}

void Builder::build_recon() {
  const Policy& policy = compiled_.policy;
  const auto is_off = [](const std::string& reaction) { return reaction == "off"; };
  if (is_off(policy.recon_scan) && is_off(policy.recon_fingerprint) && is_off(policy.recon_null) &&
      is_off(policy.recon_xmas) && is_off(policy.recon_syn_fin))
    return;
  const std::size_t chain = add_plain_chain("recon", Direction::Incoming);
  recon_chain_ = chain;
  add_probes(chain);
  if (!is_off(policy.recon_scan)) add_targets(chain);
}

void Builder::add_probes(std::size_t chain) {
  const Policy& policy = compiled_.policy;
  const Test tcp = ProtocolIn{{kTcp}};
  if (policy.recon_null != "off") observe(chain, {tcp, flags(kSixFlags, 0)}, kProbesPerSecond);
  if (policy.recon_xmas != "off") observe(chain, {tcp, flags(kSixFlags, kFin | kPsh | kUrg)}, kProbesPerSecond);
  if (policy.recon_syn_fin != "off" || policy.recon_fingerprint != "off")
    observe(chain, {tcp, flags(kSyn | kFin, kSyn | kFin)}, kProbesPerSecond);
  if (policy.recon_fingerprint == "off") return;
  observe(chain, {tcp, flags(kSyn | kAck, kSyn), UrgentWithoutFlag{}}, kProbesPerSecond);
  // An echo request has code 0 (RFC 792); probes of operating systems send others.
  observe(chain,
          {FamilyIs{Family::V4}, ProtocolIn{{kIcmp}}, IcmpIn{Family::V4, {{8, {}}}},
           IcmpIn{Family::V4, {{8, std::uint8_t{0}}}, true}},
          kProbesPerSecond);
}

void Builder::add_targets(std::size_t chain) {
  const auto window = static_cast<std::uint32_t>(compiled_.policy.recon_fast_window_s);
  for (const Family family : {Family::V4, Family::V6}) {
    DynamicSet set;
    set.kind = DynamicSet::Kind::Target;
    set.name = family == Family::V4 ? "seen4" : "seen6";
    set.family = family;
    set.timeout_s = window;
    // Answers that come late (SYN with ACK, RST) are nobody's probes.
    observe(chain,
            {FamilyIs{family}, ProtocolIn{{kTcp}}, StateIn{kNew | kInvalid}, flags(kRst, 0),
             flags(kSyn | kAck, kSyn | kAck, true), NotSeen{set.name, family}, See{set.name, family}},
            kTargetsPerSecond);
    observe(chain,
            {FamilyIs{family}, ProtocolIn{{kUdp}}, StateIn{kNew}, NotSeen{set.name, family}, See{set.name, family}},
            kTargetsPerSecond);
    program_.sets.push_back(std::move(set));
  }
}

}  // namespace warder::firewall
