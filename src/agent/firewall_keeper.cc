#include "agent/firewall_keeper.h"

#include <algorithm>
#include <tuple>

#include "agent/firewall_event.h"
#include "base/file.h"
#include "base/json.h"
#include "engines/firewall/nft.h"

namespace warder::agent {
namespace {

using std::chrono::seconds;

constexpr std::string_view kIsolationFile = "isolation.json";
constexpr std::string_view kManagerFile = "manager.json";
constexpr std::size_t kMaxSection = 8 << 20;
/// What came within this after a change may have been under way before it.
constexpr std::chrono::milliseconds kInFlight{500};
/// The event that makes the manager answer is sent this long after a change.
constexpr std::chrono::milliseconds kAskAfter{1000};
constexpr std::size_t kRepairsAtOnce = 10;  // in a minute; then one each kRepairPause
constexpr seconds kRepairPause{5};
constexpr seconds kRetryPause{30};
constexpr std::size_t kMaxBlocked = 10'000;

json::array strings(const std::vector<std::string>& texts) {
  json::array out;
  for (const std::string& text : texts) out.emplace_back(text);
  return out;
}

std::vector<std::string> strings(const json::object& object, std::string_view key) {
  std::vector<std::string> out;
  if (const auto list = get_array(object, key))
    for (const json::value& each : **list)
      if (each.is_string()) out.emplace_back(each.get_string());
  return out;
}

std::optional<json::object> load_object(const std::filesystem::path& file) {
  const auto text = read_file(file, kMaxSection);
  if (!text) return std::nullopt;
  const auto parsed = parse_json(*text, kMaxSection);
  if (!parsed || !parsed->is_object()) return std::nullopt;
  return parsed->get_object();
}

std::vector<firewall::ManagerEndpoint> endpoints(const std::vector<std::string>& addresses) {
  std::vector<firewall::ManagerEndpoint> out;
  for (const std::string& text : addresses) {
    const auto host = parse_host_port(text);
    const auto ip = host ? parse_ip(host->host) : Result<IpAddress>(fail(ErrorCode::Invalid, ""));
    if (ip) out.push_back({*ip, host->port});
  }
  return out;
}

bool are_alike(const std::vector<firewall::Interface>& a, const std::vector<firewall::Interface>& b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](const auto& x, const auto& y) {
    return x.name == y.name && x.is_up == y.is_up && x.addresses == y.addresses;
  });
}

}  // namespace

FirewallKeeper::FirewallKeeper(host::PacketFilter& filter, Log& log, std::filesystem::path directory)
    : filter_(filter), log_(log), directory_(std::move(directory)) {}

void FirewallKeeper::start(const FirewallMoment& now) {
  load_isolation(now);
  if (const auto manager = load_object(directory_ / kManagerFile)) manager_ = endpoints(strings(*manager, "addresses"));
  if (auto good = read_file(directory_ / kLastGoodSection, kMaxSection)) good_ = std::move(*good);
}

// ---- what is to be in force -----------------------------------------------------------------------------------------

firewall::Conditions FirewallKeeper::conditions(const FirewallMoment& now) const {
  firewall::Conditions out;
  out.now = now.wall;
  out.utc_offset = now.utc_offset;
  out.is_manager_reachable = link_.is_connected;
  out.is_cold_start = cold_start_end_ && now.steady < *cold_start_end_;
  out.is_isolated = is_isolated();
  out.manager = manager_;
  out.interfaces = interfaces_;
  for (const Block& block : blocked_)
    if (block.until > now.steady)
      out.blocked.push_back({block.address, std::chrono::duration_cast<seconds>(block.until - now.steady)});
  return out;
}

Result<void> FirewallKeeper::put_into_force(const firewall::Policy& policy, const FirewallMoment& now) {
  firewall::Policy wanted = policy;
  if (isolation_allow_)
    wanted.isolation_allow.insert(wanted.isolation_allow.end(), isolation_allow_->begin(), isolation_allow_->end());
  const auto compiled = WD_TRY(firewall::compile(wanted, conditions(now)));
  next_change_ = firewall::next_change(policy, now.wall, now.utc_offset);
  if (!firewall::has_work(policy) && !is_isolated()) return remove_tables();
  return apply(compiled);
}

Result<void> FirewallKeeper::apply(std::shared_ptr<const firewall::Compiled> compiled) {
  std::string ruleset = json::serialize(firewall::nft_json(*compiled));
  WD_TRY(filter_.apply(ruleset));
  compiled_ = std::move(compiled);
  ruleset_ = std::move(ruleset);
  applied_ += 1;
  const auto fingerprint = filter_.fingerprint();
  fingerprint_ = fingerprint.value_or("");
  failure_.clear();
  return {};
}

/// Of a host that has nothing of ours, nothing is touched.
Result<void> FirewallKeeper::remove_tables() {
  const auto present = filter_.fingerprint();
  const bool may_be_there = compiled_ != nullptr || (present && !present->empty());
  if (may_be_there) WD_TRY(filter_.apply(json::serialize(firewall::nft_removal())));
  compiled_.reset();
  ruleset_.clear();
  fingerprint_.clear();
  failure_.clear();
  return {};
}

Result<void> FirewallKeeper::set_section(const json::object& section, const FirewallMoment& now, bool is_forced) {
  std::string text = canonical_json(section);
  if (refused_ == text && !is_forced) return {};
  firewall::Policy policy = WD_TRY(firewall::parse_policy(section));
  if (!compiled_ && firewall::has_work(policy)) {
    const auto left = filter_.fingerprint();  // by an agent that was killed: then no connection is older
    if (!left || left->empty()) cold_start_end_ = now.steady + seconds{policy.cold_start_s};
  }
  if (auto done = put_into_force(policy, now); !done) {
    if (compiled_ || done.error().message.starts_with('/')) return done;  // what was in force still is
    policy_ = policy;
    section_ = std::move(text);
    fail_safe(done.error(), now);
    return {};
  }
  const bool is_change = section_ != text;
  policy_ = std::move(policy);
  section_ = std::move(text);
  refused_.reset();
  if (!compiled_) {
    pending_.reset();
    forget_good();
  } else if (good_ == section_ || policy_.mode == "tap" || policy_.commit_confirm_s == 0) {
    confirm(now);
  } else if (is_change || is_forced) {
    pending_ = Pending{now.steady, false};
  }
  return {};
}

/// Nothing of ours is in force and cannot be: the policy says whether the host is open or closed meanwhile.
void FirewallKeeper::fail_safe(const Error& error, const FirewallMoment& now) {
  note_failure(error, now);
  if (policy_.on_failure != "closed" || policy_.mode == "tap" || compiled_) return;
  firewall::Conditions only_manager = conditions(now);
  only_manager.is_isolated = true;
  const auto compiled = firewall::compile(firewall::Policy{}, only_manager);
  if (compiled && apply(*compiled)) failure_ = "firewall.rules.failed";
}

void FirewallKeeper::note_failure(const Error& error, const FirewallMoment& now) {
  retry_at_ = now.steady + kRetryPause;
  log_.error("firewall.rules.failed", error.message);
  if (!std::exchange(failure_, "firewall.rules.failed").empty()) return;
  Event& event = tell("firewall.rules.failed", Severity::High);
  event.action = Action::Failed;
  event.set("error", event_text(error.message));
}

void FirewallKeeper::refresh(const FirewallMoment& now) {
  if (section_.empty() && !is_isolated()) return;
  const bool had_failed = !failure_.empty();
  if (const auto done = put_into_force(policy_, now); !done) return fail_safe(done.error(), now);
  const bool is_untried = had_failed && good_ != section_ && policy_.mode == "inline" && policy_.commit_confirm_s > 0;
  if (is_untried && compiled_) pending_ = Pending{now.steady, false};
}

// ---- conditions -----------------------------------------------------------------------------------------------------

void FirewallKeeper::set_link(const ManagerLink& link, const FirewallMoment& now) {
  const bool was_connected = link_.is_connected;
  const bool is_first = !is_link_known_;
  const auto addresses = link.addresses.empty() ? manager_ : endpoints(link.addresses);
  const auto is_same = [](const firewall::ManagerEndpoint& a, const firewall::ManagerEndpoint& b) {
    return a.address == b.address && a.port == b.port;
  };
  const bool is_moved = !std::equal(addresses.begin(), addresses.end(), manager_.begin(), manager_.end(), is_same);
  link_ = link;
  is_link_known_ = true;
  if (is_moved) {
    manager_ = addresses;
    const json::object known{{"addresses", strings(link.addresses)}};
    if (const auto kept = write_file_atomically(directory_ / kManagerFile, json::serialize(known)); !kept)
      log_.warning("firewall.state.unwritable", kept.error().message);
  }
  const bool is_place = std::any_of(policy_.contexts.begin(), policy_.contexts.end(),
                                    [](const firewall::Context& context) { return context.manager != "any"; });
  if (compiled_ && (is_moved || (is_place && (is_first || was_connected != link.is_connected)))) refresh(now);
  check_pending(now);
}

void FirewallKeeper::set_interfaces(std::vector<firewall::Interface> interfaces, const FirewallMoment& now) {
  if (are_alike(interfaces, interfaces_)) return;
  interfaces_ = std::move(interfaces);
  if (!compiled_) return;
  const bool is_place =
      !policy_.interface_isolation.empty() ||
      std::any_of(policy_.contexts.begin(), policy_.contexts.end(), [](const firewall::Context& context) {
        return !context.interfaces.empty() || !context.local_addresses.empty();
      });
  const bool has_frames = std::any_of(compiled_->rules.begin(), compiled_->rules.end(),
                                      [](const firewall::RuleSpec& rule) { return !rule.ether_types.empty(); });
  if (is_place || has_frames) refresh(now);
}

Result<void> FirewallKeeper::isolate(std::vector<std::string> allow, std::int64_t minutes, const FirewallMoment& now) {
  for (const std::string& text : allow) WD_TRY(firewall::parse_address_range(text).in("allow"));
  const auto before = std::pair(isolation_allow_, isolation_end_);
  isolation_allow_ = std::move(allow);
  isolation_end_ = minutes > 0 ? std::optional(now.wall + std::chrono::minutes{minutes}) : std::nullopt;
  if (auto done = put_into_force(policy_, now); !done) {
    std::tie(isolation_allow_, isolation_end_) = before;
    return done;
  }
  save_isolation();
  keep_as_good();  // a reboot must not free it
  tell("firewall.host.isolated", Severity::High).action = Action::Blocked;
  return {};
}

Result<void> FirewallKeeper::release(const FirewallMoment& now) {
  if (!is_isolated()) return {};
  const auto before = std::pair(isolation_allow_, isolation_end_);
  isolation_allow_.reset();
  isolation_end_.reset();
  if (auto done = put_into_force(policy_, now); !done) {
    std::tie(isolation_allow_, isolation_end_) = before;
    return done;
  }
  save_isolation();
  if (compiled_ && !pending_) keep_as_good();
  if (!compiled_) forget_good();
  tell("firewall.host.released", Severity::Medium);
  return {};
}

Result<bool> FirewallKeeper::block(const IpAddress& address, const FirewallMoment& now) {
  const bool is_manager = std::any_of(manager_.begin(), manager_.end(),
                                      [&](const firewall::ManagerEndpoint& m) { return m.address == address; });
  if (!compiled_ || is_manager) return false;
  std::erase_if(blocked_, [&](const Block& block) { return block.until <= now.steady; });
  const auto known =
      std::find_if(blocked_.begin(), blocked_.end(), [&](const Block& block) { return block.address == address; });
  if (known != blocked_.end() || blocked_.size() >= kMaxBlocked) return false;
  const auto time = std::chrono::minutes{policy_.recon_block_min};
  WD_TRY(filter_.apply(json::serialize(firewall::nft_block(address, time))));
  blocked_.push_back({address, now.steady + time});
  return true;
}

Result<bool> FirewallKeeper::unblock(const IpAddress& address, const FirewallMoment& /*now*/) {
  if (std::erase_if(blocked_, [&](const Block& block) { return block.address == address; }) == 0) return false;
  WD_TRY(filter_.apply(json::serialize(firewall::nft_unblock(address))));
  return true;
}

// ---- others, time, the manager --------------------------------------------------------------------------------------

void FirewallKeeper::on_touched(const FirewallMoment& now) {
  if (!compiled_) return;
  const auto present = filter_.fingerprint();
  if (!present || *present == fingerprint_) return;
  while (!repairs_.empty() && repairs_.front() + seconds{60} < now.steady) repairs_.pop_front();
  if (repairs_.size() >= kRepairsAtOnce && repairs_.back() + kRepairPause > now.steady) {
    is_repair_due_ = true;
    return;
  }
  is_repair_due_ = false;
  repairs_.push_back(now.steady);
  repaired_ += 1;
  refresh(now);
  Event& event = tell("firewall.table.repaired", Severity::High);
  event.set("reason", std::string(present->empty() ? "removed" : "changed"));
  event.action = failure_.empty() ? Action::Repaired : Action::Failed;
}

void FirewallKeeper::tick(const FirewallMoment& now) {
  check_pending(now);
  if (isolation_end_ && now.wall >= *isolation_end_) {
    if (const auto done = release(now); !done) log_.error("firewall.rules.failed", done.error().message);
  }
  const bool is_warm = cold_start_end_ && now.steady >= *cold_start_end_;
  const bool is_changed = next_change_ && now.wall >= *next_change_;
  if (is_warm) cold_start_end_.reset();
  if (is_repair_due_) on_touched(now);
  if (is_warm || is_changed || (!failure_.empty() && now.steady >= retry_at_)) refresh(now);
}

void FirewallKeeper::check_pending(const FirewallMoment& now) {
  if (!pending_) return;
  if (link_.is_connected && link_.heard > pending_->since + kInFlight) return confirm(now);
  if (!pending_->is_told && now.steady >= pending_->since + kAskAfter) {
    pending_->is_told = true;
    Event& event = tell("firewall.rules.applied", Severity::Info);
    event.set("count", static_cast<std::int64_t>(compiled_ ? compiled_->order.size() : 0));
  }
  if (now.steady >= pending_->since + seconds{policy_.commit_confirm_s}) roll_back(now);
}

void FirewallKeeper::confirm(const FirewallMoment& /*now*/) {
  pending_.reset();
  if (good_ == section_ && std::filesystem::exists(directory_ / kLastGoodRules)) return;
  good_ = section_;
  keep_as_good();
}

/// The manager was not reached: what it could be reached with returns.
void FirewallKeeper::roll_back(const FirewallMoment& now) {
  pending_.reset();
  rolled_back_ += 1;
  refused_ = section_;
  firewall::Policy nothing;
  nothing.enabled = false;
  policy_ = nothing;
  section_.clear();
  if (good_) {
    const auto parsed = parse_json(*good_, kMaxSection);
    auto policy = parsed ? firewall::parse_policy(*parsed) : Result<firewall::Policy>(fail(parsed.error()));
    if (policy) {
      policy_ = std::move(*policy);
      section_ = *good_;
    }
  }
  const auto done = put_into_force(policy_, now);
  Event& event = tell("firewall.rules.rolled-back", Severity::High);
  event.action = done ? Action::Repaired : Action::Failed;
  event.set("reason", std::string(good_ ? "last good rules" : "no rules"));
  log_.warning("firewall.rules.rolled-back", "the manager was not reached with the new rules");
  if (!done) fail_safe(done.error(), now);
}

// ---- disk -----------------------------------------------------------------------------------------------------------

void FirewallKeeper::keep_as_good() {
  if (!compiled_) return;
  firewall::Compiled lasting = *compiled_;
  for (auto& set : lasting.program.sets) set.elements.clear();
  auto kept = write_file_atomically(directory_ / kLastGoodRules, firewall::nft_text(lasting));
  if (kept && good_) kept = write_file_atomically(directory_ / kLastGoodSection, *good_);
  if (!kept) log_.warning("firewall.state.unwritable", kept.error().message);
}

void FirewallKeeper::forget_good() {
  good_.reset();
  std::error_code ignored;
  std::filesystem::remove(directory_ / kLastGoodRules, ignored);
  std::filesystem::remove(directory_ / kLastGoodSection, ignored);
}

void FirewallKeeper::save_isolation() {
  std::error_code ignored;
  if (!isolation_allow_) {
    std::filesystem::remove(directory_ / kIsolationFile, ignored);
    return;
  }
  json::object state{{"allow", strings(*isolation_allow_)}};
  if (isolation_end_) state["until"] = to_rfc3339(*isolation_end_);
  if (const auto kept = write_file_atomically(directory_ / kIsolationFile, json::serialize(state)); !kept)
    log_.warning("firewall.state.unwritable", kept.error().message);
}

void FirewallKeeper::load_isolation(const FirewallMoment& now) {
  const auto state = load_object(directory_ / kIsolationFile);
  if (!state) return;
  if (const auto until = get_string(*state, "until")) {
    const auto end = parse_rfc3339(*until);
    if (!end || *end <= now.wall) return;
    isolation_end_ = *end;
  }
  isolation_allow_ = strings(*state, "allow");
}

Result<void> FirewallKeeper::remove() {
  pending_.reset();
  return remove_tables();
}

// ---- what is told ---------------------------------------------------------------------------------------------------

Event& FirewallKeeper::tell(std::string_view type, Severity severity) {
  Event& event = events_.emplace_back();
  event.module = ModuleKind::Firewall;
  event.type = std::string(type);
  event.severity = severity;
  return event;
}

std::vector<Event> FirewallKeeper::take_events() {
  return std::exchange(events_, {});
}

ModuleStatus FirewallKeeper::status() const {
  ModuleStatus out;
  out.condition = compiled_ ? ModuleCondition::On : ModuleCondition::Off;
  const bool is_taken_back = refused_.has_value();
  if (!failure_.empty() || is_taken_back) {
    out.condition = ModuleCondition::Degraded;
    out.reason = failure_.empty() ? "firewall.rules.rolled-back" : failure_;
  }
  out.counters = {{"rules", compiled_ ? compiled_->order.size() : 0},
                  {"applied", applied_},
                  {"repaired", repaired_},
                  {"rolled_back", rolled_back_},
                  {"blocked_sources", blocked_.size()},
                  {"isolated", is_isolated() ? 1U : 0U}};
  return out;
}

json::object FirewallKeeper::describe(const FirewallMoment& now) const {
  json::array blocked;
  for (const Block& block : blocked_)
    if (block.until > now.steady)
      blocked.push_back(
          json::object{{"address", block.address.text()},
                       {"remaining_s", std::chrono::duration_cast<seconds>(block.until - now.steady).count()}});
  return {{"installed", is_installed()},
          {"mode", compiled_ ? json::value(policy_.mode) : json::value()},
          {"rules", compiled_ ? compiled_->order.size() : 0},
          {"isolated", is_isolated()},
          {"isolation_allow", strings(isolation_allow_.value_or(std::vector<std::string>()))},
          {"awaits_manager", pending_.has_value()},
          {"rolled_back", refused_.has_value()},
          {"blocked", std::move(blocked)}};
}

}  // namespace warder::agent
