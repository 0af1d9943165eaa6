#include "agent/module_loginspection.h"

#include <linux/capability.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <ctime>
#include <mutex>

#include "agent/log_file_source.h"
#include "agent/log_inspector.h"
#include "agent/log_journal.h"
#include "agent/sandbox.h"
#include "agent/state_lock.h"
#include "base/json.h"
#include "host/linux/linux_host.h"
#include "pack/pack_store.h"

namespace warder::agent {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLook{200};  // between looks at files
constexpr milliseconds kRest{10};   // at least, while a descriptor keeps being ready

class LinuxLogHost final : public LogHost {
 public:
  LinuxLogHost() : files_(host::make_linux_log_files()) {}

  [[nodiscard]] bool can_make_sources(const LogPolicy& policy) const noexcept override {
    return !has_given_up_ || (policy.listeners.empty() && policy.commands.empty());
  }

  std::vector<std::unique_ptr<LogSource>> make_sources(const LogPolicy& policy,
                                                       std::vector<LogNotice>& notices) override {
    std::vector<std::unique_ptr<LogSource>> sources;
    records::TailOptions tail;
    tail.from_start = policy.settings.from_start;
    tail.max_line_bytes = static_cast<std::size_t>(policy.settings.max_line_bytes);
    for (const records::FileSource& file : policy.files) sources.push_back(make_log_file_source(*files_, file, tail));
    const auto add = [&](const std::string& name, Result<std::unique_ptr<LogSource>> source) {
      if (source) {
        sources.push_back(std::move(*source));
      } else {
        notices.push_back({"log-inspection.source.unreadable", name, source.error().message, 0});
      }
    };
    if (wants_journal(policy.settings)) {
      JournalOptions journal;
      journal.from_start = policy.settings.from_start;
      journal.directory = policy.settings.journal_directory;
      journal.max_message_bytes = static_cast<std::size_t>(policy.settings.max_line_bytes);
      add("journal", make_log_journal(journal));
    }
    for (const ListenOptions& listener : policy.listeners) add(listener.text, make_log_listener(listener));
    if (const auto given_up = give_up(policy); !given_up)
      notices.push_back({"log-inspection.source.unreadable", "sandbox", given_up.error().message, 0});
    for (const CommandOptions& command : policy.commands) sources.push_back(make_log_command(command));
    return sources;
  }

  [[nodiscard]] std::string host_name() const override {
    std::array<char, 256> name{};
    return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string(name.data()) : std::string("localhost");
  }

  [[nodiscard]] std::chrono::seconds utc_offset(Timestamp time) const override {
    const std::time_t seconds = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
    std::tm local{};
    if (::localtime_r(&seconds, &local) == nullptr) return {};
    return std::chrono::seconds(local.tm_gmtoff);
  }

 private:
  // Where syslogd writes files, the journal has the same messages.
  static bool wants_journal(const loginspection::Policy& settings) {
    if (settings.journal != "auto") return settings.journal == "on";
    const bool has_files = ::access("/var/log/syslog", F_OK) == 0 || ::access("/var/log/messages", F_OK) == 0;
    return !has_files && ::access("/var/log/journal", F_OK) == 0;
  }

  /// Before a byte of a log is read: listeners are bound, and only commands need programs and sockets of their own.
  Result<void> give_up(const LogPolicy& policy) {
    if (!policy.commands.empty() || has_given_up_) return {};
    WD_TRY(refuse({.socket_families = {AF_INET, AF_INET6}, .programs = true}));
    has_given_up_ = true;
    return {};
  }

  std::unique_ptr<host::LogFiles> files_;
  bool has_given_up_ = false;
};

class LogInspectionModule final : public Module {
 public:
  explicit LogInspectionModule(ModuleContext& context)
      : context_(context), wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  Result<void> configure(const boost::json::object& section) override {
    const auto settings = WD_TRY(parse_json_as<loginspection::Policy>(section));
    auto policy = WD_TRY(compile_log_policy(settings, content()));
    const std::lock_guard lock(mutex_);
    policy_ = std::move(policy);
    if (inspector_) inspector_->set_policy(policy_);
    wake();
    return {};
  }

  Result<void> run(std::stop_token stop) override {
    const UniqueFd lock = WD_TRY(lock_state(context_.state_directory));
    auto state = LogState::open(context_.state_directory);
    if (!state && state.error().code == ErrorCode::Corrupt) {
      context_.log.error("log-inspection.state.lost", state.error().message);
      LogState::discard(context_.state_directory);
      state = LogState::open(context_.state_directory);
    }
    if (!state) return fail(std::move(state).error());
    LinuxLogHost host;
    const auto inspector = std::make_shared<LogInspector>(context_, host, **state);
    WD_TRY(inspector->start());
    {
      const std::lock_guard guard(mutex_);
      inspector_ = inspector;
      if (policy_) inspector->set_policy(policy_);
    }
    const std::stop_callback on_stop(stop, [this] { wake(); });
    auto result = serve(*inspector, stop);
    const std::lock_guard guard(mutex_);
    inspector_.reset();
    return result;
  }

  Result<boost::json::object> execute(std::string_view name, const boost::json::object& /*arguments*/) override {
    if (name != "self-test") return fail(ErrorCode::NotFound, "log-inspection: no such command: " + std::string(name));
    const ModuleStatus now = status();
    const std::lock_guard lock(mutex_);
    if (!policy_ || !policy_->settings.enabled) return boost::json::object{{"enabled", false}};
    if (now.condition != ModuleCondition::On) return fail(ErrorCode::Unavailable, "log-inspection: " + now.reason);
    boost::json::array packs;
    for (const std::string& pack : policy_->packs) packs.emplace_back(pack);
    return boost::json::object{{"enabled", true}, {"packs", std::move(packs)}, {"rules", policy_->rule_count}};
  }

  [[nodiscard]] ModuleStatus status() const override {
    const std::lock_guard lock(mutex_);
    return inspector_ ? inspector_->status() : ModuleStatus{};
  }

 private:
  Result<void> serve(LogInspector& inspector, const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      if (!WD_TRY(inspector.work_once())) wait(inspector.descriptors());
      if (inspector.wants_fresh_process()) break;
    }
    return inspector.finish();
  }

  void wait(const std::vector<int>& descriptors) {
    std::vector<pollfd> watched{{wake_.get(), POLLIN, 0}};
    for (const int descriptor : descriptors) watched.push_back({descriptor, POLLIN, 0});
    if (::poll(watched.data(), watched.size(), static_cast<int>(kLook.count())) <= 0) return;
    std::uint64_t count = 0;
    const bool was_woken = (watched[0].revents & POLLIN) != 0 && ::read(wake_.get(), &count, sizeof count) > 0;
    // A descriptor may stay ready while its source waits for its turn; then this is no busy loop.
    if (!was_woken) ::poll(watched.data(), 1, static_cast<int>(kRest.count()));
  }

  void wake() const {
    const std::uint64_t one = 1;
    // Fails only when the counter is full, and then it is awake already.
    [[maybe_unused]] const ssize_t written = ::write(wake_.get(), &one, sizeof one);
  }

  [[nodiscard]] LogContent content() const {
    LogContent content;
    content.shipped = context_.share_directory / "loginspection";
    content.cache = context_.state_directory;
    if (context_.content_directory.empty() || !std::filesystem::exists(context_.content_directory)) return content;
    const auto store = pack::PackStore::open(context_.content_directory, pack::TrustPolicy{});
    if (!store) return content;
    for (const auto& [name, digest] : store->active()) {
      const auto folder = store->directory(name);
      if (name.starts_with("loginspection") && folder) content.packs.push_back(*folder);
    }
    return content;
  }

  ModuleContext& context_;
  UniqueFd wake_;
  mutable std::mutex mutex_;  // guards all below
  std::shared_ptr<const LogPolicy> policy_;
  std::shared_ptr<LogInspector> inspector_;
};

}  // namespace

ModuleDescription log_inspection_module() {
  ModuleDescription description{
      "log-inspection",
      ModuleKind::LogInspection,
      {
          CAP_DAC_READ_SEARCH,   // read logs of other users
          CAP_NET_BIND_SERVICE,  // syslog's port; without listeners there are no sockets to bind
      },
      [](ModuleContext& context) { return std::make_unique<LogInspectionModule>(context); },
  };
  description.may_use_network = true;   // syslog listeners, until they are there
  description.may_run_programs = true;  // commands as sources, given up by a policy without any
  return description;
}

}  // namespace warder::agent
