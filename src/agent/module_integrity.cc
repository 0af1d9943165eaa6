#include "agent/module_integrity.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/file.h>

#include <cerrno>
#include <functional>
#include <mutex>
#include <thread>

#include "agent/integrity_monitor.h"
#include "base/file.h"
#include "base/json.h"
#include "engines/integrity/lmdb_baseline.h"
#include "host/linux/linux_host.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kGather{20};  // under load events are read together this often
constexpr milliseconds kHeartbeat{1000};

// Two workers on one baseline would report everything twice.
Result<UniqueFd> lock_state(const std::filesystem::path& directory) {
  const auto path = directory / "lock";
  UniqueFd fd(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.is_open()) return fail_errno(path.native(), errno);
  if (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0)
    return fail(ErrorCode::Conflict, path.native() + ": another worker still runs");
  return fd;
}

// What exists while the module runs; shared, so that a status in progress outlives the end of run().
struct Running {
  Running(ModuleContext& context, host::FileTree& tree, host::ProcessTable& processes,
          std::unique_ptr<integrity::Baseline> opened, std::unique_ptr<host::FileWatch> heard)
      : baseline(std::move(opened)),
        watch(std::move(heard)),
        facts(host::make_linux_facts()),
        list_facts(host::make_linux_facts()),
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
      : context_(context), tree_(host::make_linux_file_tree()), processes_(host::make_linux_process_table()) {}

  Result<void> configure(const boost::json::object& section) override;
  Result<void> run(std::stop_token stop) override;
  Result<boost::json::object> execute(std::string_view name, const boost::json::object& arguments) override;
  [[nodiscard]] ModuleStatus status() const override;

 private:
  Result<std::unique_ptr<integrity::Baseline>> open_baseline(bool& is_lost);
  Result<void> report_loss(integrity::Baseline& baseline);
  Result<void> serve(IntegrityMonitor& monitor, host::FileWatch* watch, const std::stop_token& stop);
  Result<boost::json::object> test_itself();

  ModuleContext& context_;
  std::unique_ptr<host::FileTree> tree_;
  std::unique_ptr<host::ProcessTable> processes_;

  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<const integrity::Compiled> policy_;
  std::shared_ptr<Running> running_;
};

Result<void> IntegrityModule::configure(const boost::json::object& section) {
  auto policy = WD_TRY(parse_json_as<integrity::Policy>(section));
  for (std::string& path : policy.watch) {
    // A watched path behind a link is watched where it really is: there the kernel reports it.
    if (path.find_first_of("*?") == std::string::npos) path = tree_->resolve(path);
  }
  auto compiled = WD_TRY(integrity::compile(policy));
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

Result<void> IntegrityModule::report_loss(integrity::Baseline& baseline) {
  Event event;
  event.module = ModuleKind::Integrity;
  event.type = "integrity.baseline.lost";
  event.severity = Severity::High;
  std::vector<IntegrityReport> reports;
  reports.push_back({std::move(event), {}});
  return IntegrityReporter(baseline, context_.events, context_.clock).send(std::move(reports), {});
}

Result<void> IntegrityModule::run(std::stop_token stop) {
  const UniqueFd lock = WD_TRY(lock_state(context_.state_directory));
  bool is_lost = false;
  auto baseline = WD_TRY(open_baseline(is_lost));
  if (is_lost) WD_TRY(report_loss(*baseline));
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
    result = serve(running->monitor, running->watch.get(), stop);
    const std::lock_guard guard(mutex_);
    running_.reset();
  }
  // Next time it starts from nothing, and says so.
  if (!result && result.error().code == ErrorCode::Corrupt)
    WD_TRY(integrity::discard_lmdb_baseline(context_.state_directory));
  return result;
}

// The first thread that fails ends the others.
Result<void> IntegrityModule::serve(IntegrityMonitor& monitor, host::FileWatch* watch, const std::stop_token& stop) {
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
  return {
      "integrity",
      ModuleKind::Integrity,
      {
          CAP_SYS_ADMIN,        // fanotify marks on whole file systems
          CAP_DAC_READ_SEARCH,  // read every watched file; open_by_handle_at
          CAP_FOWNER,           // read without moving the access time (O_NOATIME)
          CAP_SYS_PTRACE,       // which program a process runs: /proc/PID/exe; ptrace(2) itself is forbidden to workers
      },
      [](ModuleContext& context) { return std::make_unique<IntegrityModule>(context); },
  };
}

}  // namespace warder::agent
