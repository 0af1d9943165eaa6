#include "agent/log_inspector.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "agent/log_event.h"
#include "base/json.h"
#include "base/random.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr std::size_t kBudget = 256 << 10;            // bytes of one source before the next has its turn
constexpr milliseconds kCommitInterval{1000};         // of positions, while no event comes
constexpr milliseconds kGatherInterval{250};          // while there is more to read, events are sent together:
constexpr std::size_t kMostGathered = 1000;           // each time costs three writes that wait for the disk
constexpr seconds kReportInterval{10};                // of what the rate guard skipped
constexpr std::int64_t kBurstSeconds = 10;            // so many seconds' lines may come at once
constexpr std::string_view kSkipped = "\x01skipped";  // no source has this name

bool has_same_sources(const loginspection::Policy& a, const loginspection::Policy& b) {
  return a.enabled == b.enabled && a.sources == b.sources && a.journal == b.journal && a.listen == b.listen &&
         a.listen_certificate == b.listen_certificate && a.listen_key == b.listen_key &&
         a.listen_client_ca == b.listen_client_ca && a.commands == b.commands && a.command_shell == b.command_shell &&
         a.from_start == b.from_start && a.max_line_bytes == b.max_line_bytes;
}

std::map<std::string, std::uint64_t> parse_counts(std::string_view text) {
  std::map<std::string, std::uint64_t> counts;
  const auto parsed = parse_json(text);
  if (!parsed || !parsed->is_object()) return counts;
  for (const auto& [name, value] : parsed->get_object()) {
    if (value.is_int64()) counts[std::string(name)] = static_cast<std::uint64_t>(value.get_int64());
  }
  return counts;
}

std::string to_text(const std::map<std::string, std::uint64_t>& counts) {
  json::object object;
  for (const auto& [name, count] : counts) object[name] = static_cast<std::int64_t>(count);
  return json::serialize(object);
}

}  // namespace

// Tokens come with time and each line takes one. A source that can wait may take more than there are and is then not
// asked until they are back; of the others what is beyond is skipped.
struct LogInspector::Bucket {
  std::int64_t rate = 0;  // 0: no limit
  double tokens = 0;
  std::optional<std::chrono::steady_clock::time_point> last;

  void refill(std::chrono::steady_clock::time_point now, std::int64_t lines_per_s) {
    const double most = static_cast<double>(lines_per_s) * kBurstSeconds;
    if (!last || rate != lines_per_s) {
      tokens = most;
    } else {
      tokens += std::chrono::duration<double>(now - *last).count() * static_cast<double>(lines_per_s);
    }
    tokens = std::min(tokens, most);
    rate = lines_per_s;
    last = now;
  }
  [[nodiscard]] bool is_empty() const noexcept { return rate > 0 && tokens < 1; }
  std::size_t take(std::size_t wanted, bool may_owe) {
    if (rate == 0) return wanted;
    const auto there = static_cast<std::size_t>(std::max(0.0, tokens));
    const std::size_t given = may_owe ? wanted : std::min(wanted, there);
    tokens -= static_cast<double>(given);
    return given;
  }
};

LogInspector::LogInspector(ModuleContext& context, LogHost& host, LogState& state)
    : context_(context), host_(host), state_(state), ids_(fill_random), bucket_(std::make_unique<Bucket>()) {}

LogInspector::~LogInspector() = default;

Result<void> LogInspector::start() {
  stored_ = WD_TRY(state_.positions());
  skipped_ = parse_counts(stored_[std::string(kSkipped)]);
  const auto pending = WD_TRY(state_.pending());
  if (pending.empty()) return {};
  WD_TRY(context_.events.emit(pending));
  return state_.commit();
}

void LogInspector::set_policy(PolicyPtr policy) {
  const std::lock_guard lock(mutex_);
  is_enabled_ = policy->settings.enabled;
  wanted_ = std::move(policy);
}

Result<void> LogInspector::adopt(PolicyPtr policy) {
  const bool keeps_sources = policy_ && has_same_sources(policy_->settings, policy->settings);
  if (!keeps_sources && policy->settings.enabled && !host_.can_make_sources(*policy)) {
    wants_fresh_process_ = true;
    return {};
  }
  if (!keeps_sources) {
    WD_TRY(send(context_.clock.now()));  // how far the old sources were read
    sources_.clear();
    if (policy->settings.enabled) sources_ = host_.make_sources(*policy, notices_);
    std::vector<std::string> names{std::string(kSkipped)};
    for (const auto& source : sources_) {
      names.push_back(source->name());
      const auto known = stored_.find(source->name());
      if (known == stored_.end()) continue;
      const auto restored = source->restore(known->second);
      if (!restored) notices_.push_back({"log-inspection.source.gap", source->name(), restored.error().message, 0});
    }
    WD_TRY(state_.keep_only(names));
    std::erase_if(stored_, [&](const auto& entry) { return std::ranges::find(names, entry.first) == names.end(); });
  }
  engines_.clear();
  loginspection::EngineOptions options;
  options.max_line_bytes = static_cast<std::size_t>(policy->settings.max_line_bytes);
  for (const auto& rules : policy->rules) engines_.emplace_back(rules, options);
  policy_ = std::move(policy);
  return {};
}

Result<bool> LogInspector::work_once() {
  PolicyPtr wanted;
  {
    const std::lock_guard lock(mutex_);
    wanted = wanted_;
  }
  if (wanted && wanted != policy_) WD_TRY(adopt(std::move(wanted)));
  if (wants_fresh_process_) return false;
  if (!policy_ || !policy_->settings.enabled) return false;
  const Timestamp now = context_.clock.now();
  const auto steady = context_.clock.steady_now();
  host_name_ = host_.host_name();
  utc_offset_ = host_.utc_offset(now);
  bucket_->refill(steady, policy_->settings.max_lines_per_s);
  const bool may_wait = policy_->settings.over_rate == "wait";
  bool has_more = false;
  for (const auto& source : sources_) {
    if (may_wait && source->can_wait() && bucket_->is_empty()) continue;
    std::vector<LogRecord> records;
    has_more = source->poll({steady, now, utc_offset_}, kBudget, records) || has_more;
    inspect(*source, std::move(records), now);
  }
  add_notices();
  report_skipped();
  report_expired(now);
  const bool has_rest = has_more && !bucket_->is_empty();
  if (has_rest && gathered_.size() < kMostGathered && steady - last_commit_ < kGatherInterval) return true;
  const bool is_new = std::ranges::any_of(
      sources_, [&](const auto& source) { return !stored_.contains(source->name()) && !source->position().empty(); });
  if (!gathered_.empty() || is_new || steady - last_commit_ >= kCommitInterval) WD_TRY(send(now));
  publish();
  return has_rest;
}

Result<void> LogInspector::finish() {
  return policy_ ? send(context_.clock.now()) : Result<void>();
}

void LogInspector::inspect(const LogSource& source, std::vector<LogRecord> records, Timestamp now) {
  const bool may_owe = source.can_wait() && policy_->settings.over_rate == "wait";
  const std::size_t allowed = bucket_->take(records.size(), may_owe);
  for (std::size_t i = 0; i < allowed; ++i) inspect_one(records[i], now);
  counters_["lines"] += allowed;
  if (allowed == records.size()) return;
  skipped_[source.name()] += records.size() - allowed;
  counters_["skipped"] += records.size() - allowed;
}

void LogInspector::inspect_one(const LogRecord& record, Timestamp now) {
  for (loginspection::Engine& engine : engines_) {
    const std::string_view host = record.host.empty() ? std::string_view(host_name_) : std::string_view(record.host);
    const auto& finding =
        engine.inspect({record.text, record.location, host, now, static_cast<std::int32_t>(utc_offset_.count())});
    if (finding.decoder.data() != nullptr && !finding.decoder.empty()) ++counters_["decoded"];
    const LogVerdict verdict = judge(*policy_, finding, record.location, now);
    if (finding.is_alert) ++counters_["matched"];
    if (verdict.exception != nullptr) ++counters_["excepted"];
    if (verdict.is_stored) gathered_.push_back(make_log_event(finding, verdict, record));
    for (const loginspection::SigmaMatch& match : finding.sigma) {
      ++counters_["matched"];
      if (std::int64_t{match.rule->level} < policy_->settings.store_level) continue;
      gathered_.push_back(make_sigma_event(*match.rule, finding, record, policy_->settings));
    }
  }
}

void LogInspector::add_notices() {
  for (const LogNotice& notice : std::exchange(notices_, {})) gathered_.push_back(make_notice_event(notice));
  for (const auto& source : sources_) {
    for (const LogNotice& notice : source->take_notices()) {
      context_.log.warning(notice.type, notice.text, {{"source", notice.source}});
      gathered_.push_back(make_notice_event(notice));
    }
  }
}

void LogInspector::report_skipped() {
  const auto steady = context_.clock.steady_now();
  if (skipped_.empty() || steady - last_report_ < kReportInterval) return;
  last_report_ = steady;
  for (const auto& [source, count] : std::exchange(skipped_, {}))
    gathered_.push_back(
        make_notice_event({"log-inspection.lines.skipped", source, "more lines than max_lines_per_s", count}));
}

void LogInspector::report_expired(Timestamp now) {
  for (const LogException& exception : policy_->exceptions) {
    if (now <= exception.until || std::exchange(told_expired_[exception.text], true)) continue;
    Event event = make_notice_event({"log-inspection.exception.expired", {}, exception.text, 0});
    event.severity = Severity::Low;
    event.rule = std::to_string(exception.rule);
    gathered_.push_back(std::move(event));
  }
}

Result<void> LogInspector::send(Timestamp now) {
  std::vector<Event> events = std::exchange(gathered_, {});
  last_commit_ = context_.clock.steady_now();
  std::map<std::string, std::string> changed;
  const auto note = [&](const std::string& name, std::string position) {
    const auto known = stored_.find(name);
    if (known == stored_.end() ? position.empty() : known->second == position) return;
    changed[name] = std::move(position);
  };
  for (const auto& source : sources_) note(source->name(), source->position());
  note(std::string(kSkipped), skipped_.empty() ? std::string() : to_text(skipped_));
  if (changed.empty() && events.empty()) return {};
  for (Event& event : events) {
    event.time = now;
    event.id = EventId{ids_.next(now)};
  }
  WD_TRY(state_.begin(changed, events));
  for (auto& [name, position] : changed) stored_[name] = std::move(position);
  counters_["events"] += events.size();
  if (events.empty()) return {};
  WD_TRY(context_.events.emit(events));
  return state_.commit();
}

std::vector<int> LogInspector::descriptors() const {
  std::vector<int> all;
  for (const auto& source : sources_) {
    const auto some = source->descriptors();
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

void LogInspector::publish() {
  std::map<std::string, std::uint64_t> counters = counters_;
  for (const auto& source : sources_) source->count(counters);
  counters["sources"] = sources_.size();
  counters["rules"] = policy_->rule_count;
  std::uint64_t limits = 0;
  for (const loginspection::Engine& engine : engines_) limits += engine.limit_hits();
  counters["limit_hits"] = limits;
  const std::lock_guard lock(mutex_);
  published_ = std::move(counters);
}

ModuleStatus LogInspector::status() const {
  ModuleStatus status;
  const std::lock_guard lock(mutex_);
  if (!is_enabled_) return status;
  status.counters = published_;
  status.condition = ModuleCondition::Degraded;
  if (published_.empty()) {
    status.reason = "log-inspection.starting";
  } else if (published_.at("rules") == 0) {
    status.reason = "log-inspection.rules.none";
  } else if (published_.at("sources") == 0) {
    status.reason = "log-inspection.sources.none";
  } else {
    status.condition = ModuleCondition::On;
  }
  return status;
}

}  // namespace warder::agent
