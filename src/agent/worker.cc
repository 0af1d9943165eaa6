#include "agent/worker.h"

#include <unistd.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "base/json.h"
#include "protocol/protocol.h"

namespace warder::agent {
namespace {

using std::chrono::seconds;

constexpr std::size_t kMaxSectionBytes = 8 << 20;  // a policy has at most 4 MiB
constexpr seconds kStatePeriod{5};
/// How long a module may take to stop before its process ends anyway. The supervisor waits longer than this.
constexpr seconds kStopPatience{5};

/// emit() sends a batch and waits for the supervisor's word that it is in the spool.
class ChannelSink : public EventSink {
 public:
  explicit ChannelSink(Channel& channel) : channel_(channel) {}

  Result<void> emit(std::span<const Event> events) override {
    while (!events.empty()) {
      const auto part = events.first(std::min(events.size(), kMaxEventsPerBatch));
      WD_TRY(emit_part(part));
      events = events.subspan(part.size());
    }
    return {};
  }

  void on_stored(std::uint64_t batch) {
    const std::lock_guard lock(mutex_);
    waiting_.erase(batch);
    stored_.notify_all();
  }

  void close() {
    const std::lock_guard lock(mutex_);
    is_closed_ = true;
    stored_.notify_all();
  }

 private:
  Result<void> emit_part(std::span<const Event> events) {
    protocol::WorkerEnvelope message;
    for (const Event& event : events) protocol::to_wire(event, message.mutable_events()->add_events());
    std::uint64_t batch = 0;
    {
      const std::lock_guard lock(mutex_);
      batch = next_batch_++;
      waiting_.insert(batch);
    }
    message.mutable_events()->set_batch(batch);
    WD_TRY(channel_.send(message));
    std::unique_lock lock(mutex_);
    stored_.wait(lock, [&] { return is_closed_ || !waiting_.contains(batch); });
    if (waiting_.contains(batch)) return fail(ErrorCode::Unavailable, "the agent is stopping; events are not stored");
    return {};
  }

  Channel& channel_;
  std::mutex mutex_;  // guards all below
  std::condition_variable stored_;
  std::set<std::uint64_t> waiting_;
  std::uint64_t next_batch_ = 1;
  bool is_closed_ = false;
};

class SupervisorRelay final : public ManagerChannel {
 public:
  explicit SupervisorRelay(Channel& channel) : channel_(channel) {}
  Result<void> send(const protocol::Envelope& message) override {
    protocol::WorkerEnvelope envelope;
    *envelope.mutable_manager() = message;
    return channel_.send(envelope);
  }

 private:
  Channel& channel_;
};

class Worker {
 public:
  Worker(const ModuleDescription& description, Channel& channel, ModuleContext context, ChannelSink& sink)
      : description_(description), channel_(channel), context_(std::move(context)), sink_(sink) {}

  int run() {
    module_ = description_.make(context_);
    protocol::WorkerEnvelope ready;
    ready.mutable_ready()->set_pid(static_cast<std::uint32_t>(::getpid()));
    if (!channel_.send(ready)) return 1;
    control_ = std::jthread([this](const std::stop_token& stop) { control(stop); });
    while (true) {
      auto message = channel_.receive();
      if (!message || !*message || (*message)->has_stop()) break;
      take(std::move(**message));
    }
    return finish();
  }

 private:
  void take(protocol::WorkerEnvelope message) {
    if (message.has_stored()) {
      sink_.on_stored(message.stored().batch());
      return;
    }
    const std::lock_guard lock(mutex_);
    inbox_.push_back(std::move(message));
    arrived_.notify_all();
  }

  void control(const std::stop_token& stop) {
    auto next_state = std::chrono::steady_clock::now();
    while (!stop.stop_requested()) {
      std::optional<protocol::WorkerEnvelope> message;
      {
        std::unique_lock lock(mutex_);
        arrived_.wait_until(lock, stop, next_state, [this] { return !inbox_.empty(); });
        if (!inbox_.empty()) {
          message = std::move(inbox_.front());
          inbox_.pop_front();
        }
      }
      if (stop.stop_requested()) return;
      if (message) carry_out(*message);
      if (message || std::chrono::steady_clock::now() >= next_state) {
        send_state();
        next_state = std::chrono::steady_clock::now() + kStatePeriod;
      }
    }
  }

  void carry_out(const protocol::WorkerEnvelope& message) {
    if (message.has_configure()) configure(message.configure());
    if (message.has_command()) execute(message.command());
    if (message.has_manager()) module_->on_manager_message(message.manager());
  }

  void configure(const protocol::Configure& request) {
    auto done = configure_module(request.section());
    protocol::WorkerEnvelope answer;
    answer.mutable_configured()->set_error(done ? "" : done.error().message);
    if (!channel_.send(answer)) return;
    if (done && !runner_.joinable()) {
      runner_ = std::jthread([this] { run_module(run_stop_.get_token()); });
    }
  }

  Result<void> configure_module(std::string_view section) {
    const auto json = WD_TRY(parse_json(section, kMaxSectionBytes));
    if (!json.is_object()) return fail(ErrorCode::Invalid, "/: not an object");
    return module_->configure(json.get_object());
  }

  void execute(const protocol::Command& command) {
    protocol::WorkerEnvelope answer;
    protocol::CommandResult& result = *answer.mutable_command_result();
    result.set_id(command.id());
    auto output = execute_module(command);
    result.set_succeeded(output.has_value());
    if (output) {
      result.set_output(json::serialize(*output));
    } else {
      result.set_error(output.error().message);
    }
    if (!channel_.send(answer)) return;
  }

  Result<json::object> execute_module(const protocol::Command& command) {
    json::object arguments;
    if (!command.arguments().empty()) {
      const auto parsed = WD_TRY(parse_json(command.arguments()));
      if (!parsed.is_object()) return fail(ErrorCode::Invalid, "arguments: not an object");
      arguments = parsed.get_object();
    }
    return module_->execute(command.name(), arguments);
  }

  /// The process ends with its module and the supervisor starts a fresh one.
  void run_module(const std::stop_token& stop) {
    auto done = module_->run(stop);
    if (stop.stop_requested()) return;
    if (done) ::_exit(kStartAnew);
    context_.log.error("agent.module.failed", done.error().message, {{"module", std::string(description_.name)}});
    ::_exit(1);
  }

  void send_state() {
    const ModuleStatus status = module_->status();
    protocol::WorkerEnvelope message;
    protocol::ModuleState& state = *message.mutable_state();
    state.set_module(std::string(description_.name));
    state.set_state(std::string(name(status.condition)));
    state.set_reason(status.reason);
    for (const auto& [key, value] : status.counters) (*state.mutable_counters())[key] = value;
    // A failure here means that the supervisor is gone; the reading thread ends the process.
    [[maybe_unused]] const auto sent = channel_.send(message);
  }

  // The module is asked to stop before its events are refused, so that it can tell one from the other.
  int finish() {
    run_stop_.request_stop();
    sink_.close();
    // A module that does not come back must not keep the process: what it emitted is in the spool, the rest was never
    // promised.
    watchdog_ = std::jthread([](const std::stop_token& stop) {
      std::mutex mutex;
      std::unique_lock lock(mutex);  // cppcheck-suppress localMutex ; only what wait_for() asks for
      std::condition_variable_any patience;
      patience.wait_for(lock, stop, kStopPatience, [] { return false; });
      if (!stop.stop_requested()) ::_exit(0);
    });
    control_.request_stop();
    control_.join();  // it may start the runner
    if (runner_.joinable()) runner_.join();
    return 0;
  }

  const ModuleDescription& description_;
  Channel& channel_;
  ModuleContext context_;
  ChannelSink& sink_;
  std::unique_ptr<Module> module_;
  std::mutex mutex_;  // guards inbox_
  std::condition_variable_any arrived_;
  std::deque<protocol::WorkerEnvelope> inbox_;
  std::stop_source run_stop_;  // of runner_, which the control thread starts
  std::jthread watchdog_;
  std::jthread runner_;
  std::jthread control_;
};

}  // namespace

int run_worker(const ModuleDescription& description, Channel& channel, Log& log, const host::Clock& clock,
               const ModuleDirectories& directories, ProcessInspector* inspector, GuardClient* guard) {
  ChannelSink sink(channel);
  SupervisorRelay relay(channel);
  ModuleContext context{sink,   log,       clock, directories.state, directories.content, directories.share,
                        &relay, inspector, guard};
  return Worker(description, channel, std::move(context), sink).run();
}

const ModuleDescription* find_module(std::span<const ModuleDescription> modules, std::string_view name) noexcept {
  for (const ModuleDescription& module : modules) {
    if (module.name == name) return &module;
  }
  return nullptr;
}

}  // namespace warder::agent
