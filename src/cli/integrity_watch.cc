// warder integrity watch: hears of changes, waits until they settle, compares and prints. The baseline stays as it is;
// what became of it since is kept in memory, so that each change is told once.
#include <signal.h>

#include <atomic>
#include <map>
#include <ostream>
#include <set>
#include <thread>

#include "cli/integrity.h"
#include "cli/integrity_who.h"
#include "engines/integrity/engine.h"
#include "engines/integrity/file_seal.h"
#include "engines/integrity/lmdb_baseline.h"
#include "engines/integrity/overlay_baseline.h"
#include "engines/integrity/scan.h"
#include "engines/integrity/suspect_queue.h"
#include "host/linux/linux_host.h"

namespace warder::cli {
namespace {

using integrity::QueuedSuspect;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr std::size_t kQueueCapacity = 1'000'000;
constexpr milliseconds kHeartbeat{100};
constexpr milliseconds kGather{20};
constexpr milliseconds kRetry{300};
constexpr int kMaxAttempts = 5;
constexpr std::size_t kBatch = 512;

// SIGINT and SIGTERM end the loop between two steps; both are blocked for the threads made after it.
class Signals {
 public:
  explicit Signals(host::FileWatch& watch) {
    sigemptyset(&set_);
    sigaddset(&set_, SIGINT);
    sigaddset(&set_, SIGTERM);
    pthread_sigmask(SIG_BLOCK, &set_, &before_);
    thread_ = std::jthread([this, &watch](const std::stop_token& stop) {
      const timespec patience{0, 100'000'000};
      while (!stop.stop_requested()) {
        if (sigtimedwait(&set_, nullptr, &patience) < 0) continue;
        has_come_ = true;
        watch.interrupt();
      }
    });
  }
  ~Signals() {
    thread_.request_stop();
    thread_.join();
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;
  [[nodiscard]] bool has_come() const noexcept { return has_come_; }

 private:
  sigset_t set_{};
  sigset_t before_{};
  std::atomic<bool> has_come_{false};
  std::jthread thread_;
};

class Watcher final : private integrity::ScanSink {
 public:
  Watcher(Session& session, std::shared_ptr<const integrity::Compiled> compiled, integrity::Scope known,
          const std::string& root, host::FileWatch& watch, const integrity::Baseline& baseline)
      : session_(session),
        compiled_(std::move(compiled)),
        known_(std::move(known)),
        prefix_(root == "/" ? "" : root),
        watch_(watch),
        tree_(host::make_linux_file_tree(root)),
        processes_(remember_processes()),
        baseline_(baseline),
        queue_(kQueueCapacity) {
    watch_.set_interest([this](const std::string& path) {
      const auto inside = without_prefix(path);
      return inside && compiled_->scope.find(*inside).may_contain();
    });
  }

  Result<void> run(const Signals& signals) {
    WD_TRY(scan());
    session_.environment().err << "watching through " << watch_.mechanism() << ", processes through "
                               << processes_.mechanism << "\n"
                               << std::flush;
    while (!signals.has_come()) {
      hear(WD_TRY(watch_.read(kHeartbeat, kGather)));
      if (needs_scan_ || !losses_.empty()) WD_TRY(scan());
      WD_TRY(examine(queue_.take(steady_clock::now(), kBatch)));
    }
    hear(WD_TRY(watch_.read(milliseconds(0), milliseconds(0))));
    // What is still being written is looked at some more times, and then told as it is.
    for (int round = 0; round <= kMaxAttempts + 1; ++round) {
      if (needs_scan_ || !losses_.empty()) WD_TRY(scan());
      WD_TRY(examine(queue_.take(steady_clock::time_point::max(), kQueueCapacity)));
    }
    return {};
  }
  [[nodiscard]] bool has_changes() const noexcept { return has_changes_; }

 private:
  // Paths of the watch are the host's; ours are those below the root.
  std::optional<std::string> without_prefix(const std::string& path) const {
    if (prefix_.empty()) return path;
    if (!path.starts_with(prefix_)) return std::nullopt;
    if (path.size() == prefix_.size()) return "/";
    return path[prefix_.size()] == '/' ? std::optional<std::string>(path.substr(prefix_.size())) : std::nullopt;
  }

  void on_directory(const std::string& path, const host::FileStat& stat) override {
    const auto covered = watch_.cover(path == "/" && !prefix_.empty() ? prefix_ : prefix_ + path, stat);
    if (!covered && covered.error().code != ErrorCode::NotFound && !std::exchange(is_warned_, true))
      session_.environment().err << "warder: " << printable(covered.error().message) << '\n';
  }
  void suspect(const std::string& path, std::int64_t /*changed_ns*/) override {
    queue_.add_from_scan(path, steady_clock::now(), milliseconds(0));
  }

  // What happened before we listened, or while events were lost: then only where that was.
  Result<void> scan() {
    if (std::exchange(needs_scan_, false)) {
      losses_.clear();
      WD_TRY(integrity::scan(*compiled_, known_, *tree_, baseline_, {}, *this, {}));
    }
    for (const host::WatchLoss& loss : std::exchange(losses_, {}))
      WD_TRY(integrity::scan(*compiled_, known_, *tree_, baseline_, {false, loss.path, loss.device}, *this, {}));
    hear(WD_TRY(watch_.read(milliseconds(0), milliseconds(0))));  // what it found may have been heard of: then by whom
    return {};
  }

  void hear(const host::WatchBatch& batch) {
    std::map<std::int32_t, std::optional<host::ProcessInfo>> actors;
    for (const host::WatchEvent& event : batch.events) hear_event(event, actors);
    if (batch.has_mounts_changed) needs_scan_ = true;
    for (const host::WatchLoss& loss : batch.losses) {
      const auto inside = without_prefix(loss.path);
      const bool is_above = !inside && (prefix_ + "/").starts_with(loss.path == "/" ? "/" : loss.path + "/");
      if (!inside && !is_above) continue;
      session_.environment().err << "warder: events were lost below " << printable(loss.path)
                                 << "; what they were of is looked for\n";
      losses_.insert({inside.value_or("/"), loss.device});
    }
  }

  void hear_event(const host::WatchEvent& heard, std::map<std::int32_t, std::optional<host::ProcessInfo>>& actors) {
    const auto inside = without_prefix(heard.path);
    if (!inside) return;
    host::WatchEvent event = heard;
    event.path = *inside;
    const auto position = compiled_->scope.find(event.path);
    const bool leads_on = position.may_contain() && event.is_directory && (event.is_new || event.is_gone);
    if (position.is_covered() || leads_on) add(event, actors);
    if (!event.is_new && !event.is_gone) return;
    // A directory's own time moves with what comes and goes in it.
    const std::string parent(host::parent_of(event.path));
    const auto above = compiled_->scope.find(parent);
    if (!contains(compiled_->scope.attributes(above, host::FileKind::Directory), integrity::Attribute::LastModified))
      return;
    host::WatchEvent moved;
    moved.path = parent;
    moved.pid = event.pid;
    moved.is_directory = true;
    add(moved, actors);
  }

  void add(const host::WatchEvent& event, std::map<std::int32_t, std::optional<host::ProcessInfo>>& actors) {
    const auto [actor, is_first] = actors.try_emplace(event.pid);
    if (is_first) actor->second = processes_.table->find(event.pid);
    if (!queue_.add(event, actor->second, steady_clock::now(), {})) needs_scan_ = true;
  }

  Result<void> examine(std::vector<QueuedSuspect> suspects) {
    if (suspects.empty()) return {};
    std::vector<integrity::Suspect> examined;
    std::map<std::string, QueuedSuspect> by_path;
    for (QueuedSuspect& each : suspects) {
      examined.push_back({each.path, each.attempts == 0 && each.may_be_unwritten, each.attempts >= kMaxAttempts});
      const std::string path = each.path;
      by_path.emplace(path, std::move(each));
    }
    const integrity::Engine engine(compiled_, *tree_, baseline_,
                                   [this](const std::string& path, const auto& stat) { on_directory(path, stat); });
    const integrity::Outcome outcome = WD_TRY(engine.examine(examined));
    for (const integrity::Finding& finding : outcome.findings) {
      print(finding, by_path);
      WD_TRY(baseline_.apply(finding.changes));
    }
    WD_TRY(baseline_.apply(outcome.silent));
    for (const std::string& path : outcome.unsettled) {
      const auto at = by_path.find(path);
      QueuedSuspect again = at == by_path.end() ? QueuedSuspect{} : std::move(at->second);
      again.path = path;
      ++again.attempts;
      queue_.put_back(std::move(again), steady_clock::now(), kRetry);
    }
    needs_scan_ = needs_scan_ || !outcome.unexplored.empty();
    session_.environment().out.flush();
    return {};
  }

  // What was found below a directory that came or went has that directory's actor.
  void print(const integrity::Finding& finding, const std::map<std::string, QueuedSuspect>& by_path) {
    auto at = by_path.find(finding.path);
    if (at == by_path.end() && !finding.cause.empty()) at = by_path.find(finding.cause);
    for (std::string_view path = finding.path; at == by_path.end() && path.size() > 1;) {
      path = host::parent_of(path);
      at = by_path.find(std::string(path));
    }
    const auto actor = at == by_path.end() ? std::nullopt : at->second.actor;
    const integrity::Entity* was = finding.was ? &*finding.was : nullptr;
    const integrity::Entity* is = finding.is ? &*finding.is : nullptr;
    constexpr auto kOccasion = integrity::Occasion::RealTime;
    const bool is_move = finding.kind == integrity::FindingKind::Renamed && was != nullptr && is != nullptr;
    const auto changes = is_move ? classify_move(compiled_->scope, kOccasion, finding.old_path, finding.path, *was, *is)
                                 : classify(compiled_->scope, kOccasion, finding.path, was, is);
    for (const integrity::Change& change : changes) {
      has_changes_ = true;
      print_change(session_, change, actor);
    }
  }

  Session& session_;
  std::shared_ptr<const integrity::Compiled> compiled_;
  integrity::Scope known_;
  std::string prefix_;
  host::FileWatch& watch_;
  std::unique_ptr<host::FileTree> tree_;
  RememberedProcesses processes_;
  integrity::OverlayBaseline baseline_;
  integrity::SuspectQueue queue_;
  bool needs_scan_ = true;
  std::set<host::WatchLoss> losses_;
  bool has_changes_ = false;
  bool is_warned_ = false;
};

}  // namespace

Result<bool> watch_for_changes(Session& session, const IntegrityArguments& arguments) {
  auto compiled = std::make_shared<integrity::Compiled>();
  compiled->scope = WD_TRY(load_scope(arguments));
  compiled->policy.max_hash_bytes = std::int64_t{1} << 40;
  const std::string root = WD_TRY(real_root(arguments));
  WD_TRY(integrity::verify_seal(arguments.db, WD_TRY(read_seal_key(arguments))));
  const auto baseline = WD_TRY(integrity::open_lmdb_baseline_file(arguments.db, integrity::LmdbUse::ReadOnly));
  auto known = WD_TRY(integrity::Scope::parse(WD_TRY(baseline->scope())).in(arguments.db));
  const auto watch = WD_TRY(host::make_linux_file_watch());
  const Signals signals(*watch);  // before the watcher, which makes a thread
  Watcher watcher(session, std::move(compiled), std::move(known), root, *watch, *baseline);
  WD_TRY(watcher.run(signals));
  return watcher.has_changes();
}

}  // namespace warder::cli
