#include "agent/testing.h"

#include <fcntl.h>
#include <linux/capability.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <fstream>

#include "agent/sandbox.h"
#include "agent/worker.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "host/linux/clock.h"

namespace warder::agent::testing {
namespace {

class Probe : public Module {
 public:
  explicit Probe(ModuleContext& context) : context_(context), ids_(&fill_random) {}

  Result<void> configure(const json::object& section) override {
    if (const auto refusal = get_string(section, "refuse")) return fail(ErrorCode::Invalid, std::string(*refusal));
    if (get_bool(section, "crash").value_or(false)) ::_exit(3);
    const bool starts_anew = get_bool(section, "fresh").value_or(false);
    while (get_bool(section, "hang").value_or(false)) ::pause();
    const std::lock_guard lock(mutex_);
    // Only a process that has been configured before is not fresh.
    starts_anew_ = starts_anew && is_configured_;
    is_configured_ = true;
    emit_ += get_int(section, "emit").value_or(0);  // two sections in a row may find the runner not yet begun
    is_degraded_ = get_string(section, "state").value_or("") == "degraded";
    changed_.notify_all();
    return {};
  }

  Result<void> run(std::stop_token stop) override {
    std::unique_lock lock(mutex_);
    while (!stop.stop_requested()) {
      std::vector<Event> events;
      for (; emit_ > 0; --emit_) events.push_back(make_event());
      lock.unlock();
      WD_TRY(context_.events.emit(events));
      lock.lock();
      changed_.wait(lock, stop, [this] { return emit_ > 0 || starts_anew_; });
      if (starts_anew_) return {};
    }
    return {};
  }

  Result<json::object> execute(std::string_view name, const json::object& arguments) override {
    if (name == "crash") ::_exit(4);
    if (name == "fail") return fail(ErrorCode::Unavailable, "told to fail");
    return arguments;
  }

  [[nodiscard]] ModuleStatus status() const override {
    const std::lock_guard lock(mutex_);
    return {is_degraded_ ? ModuleCondition::Degraded : ModuleCondition::On, is_degraded_ ? "probe.told" : "", {}};
  }

 private:
  Event make_event() {
    Event event;
    event.time = context_.clock.now();
    event.id = EventId{ids_.next(event.time)};
    event.type = "agent.started";
    return event;
  }

  ModuleContext context_;
  UuidGenerator ids_;
  mutable std::mutex mutex_;
  std::condition_variable_any changed_;
  std::int64_t emit_ = 0;
  bool is_degraded_ = false;
  bool is_configured_ = false;
  bool starts_anew_ = false;
};

int run_probe_worker(const std::filesystem::path& state_directory) {
  const host::SystemClock clock;
  QuietLog log;
  Channel channel{UniqueFd(3)};
  return run_worker(probe_module(), channel, log, clock, {state_directory});
}

std::string status_line(std::string_view key) {
  const auto text = read_file("/proc/self/status");
  for (const std::string_view line : split(text.value_or(""), '\n')) {
    if (line.starts_with(key)) return std::string(trim(line.substr(key.size() + 1)));
  }
  return {};
}

bool can_write(const std::filesystem::path& file) {
  std::ofstream out(file);
  out << "x";
  out.close();
  return !out.fail();
}

/// In a sandbox that keeps no capability: does one thing, and exits with 0 if it could.
int run_in_sandbox(const std::filesystem::path& writable, std::string_view action) {
  const bool inspects = action.starts_with("inspecting-");
  if (inspects) action.remove_prefix(std::string_view("inspecting-").size());
  if (!enter_sandbox({.capabilities = inspects ? std::vector<int>{CAP_SYS_PTRACE} : std::vector<int>(),
                      .writable = writable,
                      .may_run_programs = action.ends_with("program"),
                      .inspects_processes = inspects}))
    return 100;
  if (action.starts_with("refused-")) {
    if (!refuse({.socket_families = {AF_UNIX}, .programs = true})) return 100;
    action.remove_prefix(std::string_view("refused-").size());
  }
  if (action == "see-parent") {
    std::error_code error;
    const auto program = std::filesystem::read_symlink("/proc/" + std::to_string(::getppid()) + "/exe", error);
    return error ? 1 : 0;
  }
  if (action == "write-inside") return can_write(writable / "file") ? 0 : 1;
  if (action == "write-outside")
    return can_write(writable.parent_path() / (writable.filename().string() + "-out")) ? 0 : 1;
  if (action == "inet-socket") return ::socket(AF_INET, SOCK_STREAM, 0) >= 0 ? 0 : 1;
  if (action == "unix-socket") return ::socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? 0 : 1;
  if (action == "set-user") return ::setuid(12345) == 0 ? 0 : 1;
  if (action == "capabilities") {
    const bool has_none = status_line("CapEff") == "0000000000000000" && status_line("CapPrm") == "0000000000000000" &&
                          status_line("CapBnd") == "0000000000000000" && status_line("NoNewPrivs") == "1";
    return has_none ? 1 : 0;
  }
  if (action == "execute" || action == "program") ::execl("/bin/true", "true", nullptr);
  return 101;
}

}  // namespace

ModuleDescription probe_module() {
  return {"probe", ModuleKind::Integrity, {}, [](ModuleContext& context) { return std::make_unique<Probe>(context); }};
}

std::vector<std::string> probe_command(const std::filesystem::path& state_directory) {
  return {"/proc/self/exe", "worker", state_directory.string()};
}

bool run_until(Loop& loop, const std::function<bool()>& done) {
  bool is_done = false;
  const auto look = loop.every(std::chrono::milliseconds{2}, [&] {
    is_done = done();
    if (is_done) loop.stop();
  });
  const auto limit = loop.after(std::chrono::seconds{10}, [&] { loop.stop(); });
  loop.run();
  loop.cancel(look);
  loop.cancel(limit);
  return is_done;
}

}  // namespace warder::agent::testing

/// The test program is also its own worker: `agent_test worker STATE probe --fd 3`, `agent_test sandbox DIRECTORY
/// ACTION`.
int main(int argc, char** argv) {
  const std::vector<std::string> words(argv, argv + argc);
  if (argc == 6 && words[1] == "worker") return warder::agent::testing::run_probe_worker(words[2]);
  if (argc == 4 && words[1] == "sandbox") return warder::agent::testing::run_in_sandbox(words[2], words[3]);
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
