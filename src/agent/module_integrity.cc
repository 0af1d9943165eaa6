#include "agent/module_integrity.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/file.h>

#include <cerrno>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <set>
#include <thread>

#include "agent/integrity_monitor.h"
#include "agent/process_inspector.h"
#include "base/file.h"
#include "base/json.h"
#include "engines/integrity/lmdb_baseline.h"
#include "host/linux/linux_host.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGather{20};  // under load events are read together this often
constexpr std::size_t kMaxRuleFile = 1 << 20;
constexpr milliseconds kHeartbeat{1000};
constexpr milliseconds kKeyPatience{5000};  // a manager that can be reached answers sooner

// Two workers on one baseline would report everything twice.
Result<UniqueFd> lock_state(const std::filesystem::path& directory) {
  const auto path = directory / "lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return fail_errno(path.native(), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::Conflict, path.native() + ": another worker still runs");
  return fd;
}

// The rules that came with the agent, which a policy names as packs.
Result<integrity::RuleSet> load_shipped(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> files;
  std::error_code error;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error))
    if (entry.path().extension() == ".yaml") files.insert(entry.path());
  integrity::RuleSet all;
  for (const std::filesystem::path& file : files) {
    const std::string text = WD_TRY(read_file(file, kMaxRuleFile));
    integrity::RuleSet loaded = WD_TRY(integrity::load_rules(text, {}).in(file.native()));
    std::ranges::move(loaded.rules, std::back_inserter(all.rules));
  }
  return all;
}

// The worker itself does not see what other processes run and have open.
std::unique_ptr<host::HostFacts> make_facts(const ModuleContext& context) {
  auto here = host::make_linux_facts();
  return context.inspector != nullptr ? context.inspector->make_facts(std::move(here)) : std::move(here);
}
std::unique_ptr<host::ProcessTable> make_processes(const ModuleContext& context) {
  return context.inspector != nullptr ? context.inspector->make_table() : host::make_linux_process_table();
}

// What exists while the module runs; shared, so that a status in progress outlives the end of run().
struct Running {
  Running(ModuleContext& context, host::FileTree& tree, host::ProcessTable& processes,
          std::unique_ptr<integrity::Baseline> opened, std::unique_ptr<host::FileWatch> heard)
      : baseline(std::move(opened)),
        watch(std::move(heard)),
        facts(make_facts(context)),
        list_facts(make_facts(context)),
        monitor(
            context,
            IntegrityPorts{tree, watch.get(), processes, {facts.get(), is_package_database_locked}, list_facts.get()},
            *baseline) {}

  std::unique_ptr<integrity::Baseline> baseline;
  std::unique_ptr<host::FileWatch> watch;
  std::unique_ptr<host::HostFacts> facts;       // of the thread that reports
  std::unique_ptr<host::HostFacts> list_facts;  // of the one that scans
  IntegrityMonitor monitor;
};

class IntegrityModule final : public Module {
 public:
  explicit IntegrityModule(ModuleContext& context)
      : context_(context), tree_(host::make_linux_file_tree()), processes_(make_processes(context)) {}

  Result<void> configure(const boost::json::object& section) override;
  Result<void> run(std::stop_token stop) override;
  Result<boost::json::object> execute(std::string_view name, const boost::json::object& arguments) override;
  void on_manager_message(const protocol::Envelope& message) override;
  [[nodiscard]] ModuleStatus status() const override;

 private:
  Result<std::unique_ptr<integrity::Baseline>> open_baseline(bool& is_lost);
  Result<void> report(integrity::Baseline& baseline, std::string_view type, Severity severity);
  void await_key(const std::stop_token& stop);
  Result<void> seal_if_due(integrity::Baseline& baseline);
  Result<void> serve(Running& running, const std::stop_token& stop);
  Result<boost::json::object> test_itself();

  ModuleContext& context_;
  std::unique_ptr<host::FileTree> tree_;
  std::unique_ptr<host::ProcessTable> processes_;

  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<const integrity::Compiled> policy_;
  std::shared_ptr<Running> running_;
  std::condition_variable_any key_came_;
  std::optional<Bytes> key_;  // of the manager; never written to a disk
  bool is_sealed_ = false;
};

Result<void> IntegrityModule::configure(const boost::json::object& section) {
  auto policy = WD_TRY(parse_json_as<integrity::Policy>(section));
  for (std::string& path : policy.watch) {
    // A watched path behind a link is watched where it really is: there the kernel reports it.
    if (path.find_first_of("*?") == std::string::npos) path = tree_->resolve(path);
  }
  auto compiled = WD_TRY(integrity::compile(policy, WD_TRY(load_shipped(context_.share_directory / "integrity"))));
  const std::lock_guard lock(mutex_);
  policy_ = std::move(compiled);
  if (running_) running_->monitor.set_policy(policy_);
  return {};
}

Result<std::unique_ptr<integrity::Baseline>> IntegrityModule::open_baseline(bool& is_lost) {
  auto baseline = integrity::open_lmdb_baseline(context_.state_directory);
  if (baseline || baseline.error().code != ErrorCode::Corrupt) return baseline;
  context_.log.error("integrity.baseline.lost", baseline.error().message);
  WD_TRY(integrity::discard_lmdb_baseline(context_.state_directory));
  is_lost = true;
  return integrity::open_lmdb_baseline(context_.state_directory);
}

Result<void> IntegrityModule::report(integrity::Baseline& baseline, std::string_view type, Severity severity) {
  Event event;
  event.module = ModuleKind::Integrity;
  event.type = type;
  event.severity = severity;
  std::vector<IntegrityReport> reports;
  reports.push_back({std::move(event), {}});
  return IntegrityReporter(baseline, context_.events, context_.clock).send(std::move(reports), {});
}

void IntegrityModule::on_manager_message(const protocol::Envelope& message) {
  const std::string& key = message.hello_ack().baseline_key();
  if (key.size() != crypto::Digest{}.size()) return;
  const std::lock_guard lock(mutex_);
  if (key_) return;
  const ByteView bytes = as_bytes(key);
  key_.emplace(bytes.begin(), bytes.end());
  key_came_.notify_all();
}

// Without the key the first write would open the seal; a host whose manager cannot be reached is watched all the same.
void IntegrityModule::await_key(const std::stop_token& stop) {
  std::unique_lock lock(mutex_);
  key_came_.wait_for(lock, stop, kKeyPatience, [this] { return key_.has_value(); });
}

Result<void> IntegrityModule::seal_if_due(integrity::Baseline& baseline) {
  Bytes key;
  {
    const std::lock_guard lock(mutex_);
    if (!key_ || std::exchange(is_sealed_, true)) return {};
    key = *key_;
  }
  switch (WD_TRY(baseline.seal(key))) {
    case integrity::SealState::New:
    case integrity::SealState::Intact:
      return {};
    case integrity::SealState::Open:
    case integrity::SealState::Missing:
      return report(baseline, "integrity.baseline.unverified", Severity::Medium);
    case integrity::SealState::Broken:
      return report(baseline, "integrity.baseline.tampered", Severity::Critical);
  }
  return {};
}

Result<void> IntegrityModule::run(std::stop_token stop) {
  const UniqueFd lock = WD_TRY(lock_state(context_.state_directory));
  bool is_lost = false;
  auto baseline = WD_TRY(open_baseline(is_lost));
  if (is_lost) WD_TRY(report(*baseline, "integrity.baseline.lost", Severity::High));
  await_key(stop);
  WD_TRY(seal_if_due(*baseline));
  auto watch = host::make_linux_file_watch();
  if (!watch) context_.log.warning("integrity.watch.unavailable", watch.error().message);
  const auto running = std::make_shared<Running>(context_, *tree_, *processes_, std::move(baseline),
                                                 watch ? std::move(*watch) : nullptr);
  auto result = running->monitor.start();
  if (result) {
    {
      const std::lock_guard guard(mutex_);
      running_ = running;
      if (policy_) running->monitor.set_policy(policy_);
    }
    result = serve(*running, stop);
    const std::lock_guard guard(mutex_);
    running_.reset();
  }
  // Next time it starts from nothing, and says so.
  if (!result && result.error().code == ErrorCode::Corrupt)
    WD_TRY(integrity::discard_lmdb_baseline(context_.state_directory));
  return result;
}

// The first thread that fails ends the others.
Result<void> IntegrityModule::serve(Running& running, const std::stop_token& stop) {
  IntegrityMonitor& monitor = running.monitor;
  host::FileWatch* const watch = running.watch.get();
  std::stop_source end;
  const std::stop_callback on_stop(stop, [&end] { end.request_stop(); });
  const std::stop_token ended = end.get_token();
  const std::stop_callback on_end(ended, [watch] {
    if (watch != nullptr) watch->interrupt();
  });
  std::mutex failure_mutex;
  Result<void> failure;
  const auto loop = [&](const std::function<Result<void>()>& step) {
    while (!ended.stop_requested()) {
      auto result = step();
      if (result) continue;
      const std::lock_guard lock(failure_mutex);
      if (failure) failure = std::move(result);
      end.request_stop();
    }
  };
  std::jthread hearing;
  if (watch != nullptr) {
    hearing = std::jthread([&] {
      loop([&]() -> Result<void> {
        monitor.hear(WD_TRY(watch->read(kHeartbeat, kGather)));
        return {};
      });
    });
  }
  std::jthread scanning([&] {
    loop([&]() -> Result<void> {
      if (!WD_TRY(monitor.scan_next(ended))) monitor.wait_for_scan(ended);
      return {};
    });
  });
  loop([&]() -> Result<void> {
    WD_TRY(seal_if_due(*running.baseline));
    if (!WD_TRY(monitor.work_once())) monitor.wait_for_work(ended);
    return {};
  });
  scanning.join();
  if (hearing.joinable()) hearing.join();
  return failure;
}

Result<boost::json::object> IntegrityModule::execute(std::string_view name, const boost::json::object& arguments) {
  if (name == "self-test") return test_itself();
  if (name != "rescan") return fail(ErrorCode::NotFound, "integrity: no such command: " + std::string(name));
  bool reads_content = false;
  if (arguments.contains("content")) reads_content = WD_TRY(get_bool(arguments, "content"));
  const std::lock_guard lock(mutex_);
  if (!running_ || !policy_ || !policy_->policy.enabled) return fail(ErrorCode::Conflict, "integrity: it is off");
  running_->monitor.request_scan(reads_content, true);
  return boost::json::object{{"queued", true}, {"content", reads_content}};
}

Result<boost::json::object> IntegrityModule::test_itself() {
  const ModuleStatus now = status();
  const std::lock_guard lock(mutex_);
  if (!policy_ || !policy_->policy.enabled) return boost::json::object{{"enabled", false}};
  if (!running_) return fail(ErrorCode::Unavailable, "integrity: it does not run");
  if (now.condition != ModuleCondition::On) return fail(ErrorCode::Unavailable, "integrity: " + now.reason);
  const auto entities = now.counters.find("entities");
  return boost::json::object{{"enabled", true},
                             {"watch", running_->watch ? running_->watch->mechanism() : "none"},
                             {"who", context_.inspector != nullptr ? WD_TRY(context_.inspector->mechanism()) : "none"},
                             {"entities", entities == now.counters.end() ? 0 : entities->second}};
}

ModuleStatus IntegrityModule::status() const {
  std::shared_ptr<Running> running;
  {
    const std::lock_guard lock(mutex_);
    running = running_;
    if (!running && policy_ && policy_->policy.enabled)
      return {ModuleCondition::Degraded, "integrity.baseline.building", {}};
  }
  return running ? running->monitor.status() : ModuleStatus{};
}

}  // namespace

ModuleDescription integrity_module() {
  ModuleDescription description{
      "integrity",
      ModuleKind::Integrity,
      {
          CAP_SYS_ADMIN,        // fanotify marks on whole file systems
          CAP_DAC_READ_SEARCH,  // read every watched file; open_by_handle_at
          CAP_FOWNER,           // read without moving the access time (O_NOATIME)
      },
      [](ModuleContext& context) { return std::make_unique<IntegrityModule>(context); },
  };
  description.asks_inspector = true;
  return description;
}

}  // namespace warder::agent
