// One module as the supervisor sees it: its process, started again when it fails; its policy section; its state.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "agent/backoff.h"
#include "agent/loop.h"
#include "agent/module.h"
#include "agent/worker_process.h"
#include "protocol/agent.pb.h"

namespace warder::agent {

/// Why a worker ended without being told to.
struct ModuleFailure {
  std::string_view module;
  ProcessEnd end;
  unsigned failures = 0;  // in a row
  std::string why;        // "it used too much memory"; empty: see `end`
};

struct ModuleHostOptions {
  std::vector<std::string> command;  // of the worker, without --fd
  std::uint64_t memory_max_bytes = 512ULL << 20;
  std::chrono::milliseconds restart_first{250};
  std::chrono::milliseconds restart_longest{30'000};
  std::chrono::milliseconds healthy_after{15'000};  // a process this old has recovered: the back-off begins anew
  std::chrono::milliseconds answer_patience{30'000};
  std::chrono::milliseconds stop_patience{8'000};
  std::chrono::milliseconds store_retry{1'000};
  unsigned degraded_after = 3;  // failures in a row
};

/// What a module host needs of the supervisor; called on the loop's thread.
class ModuleHostOwner {
 public:
  virtual ~ModuleHostOwner() = default;
  /// Into the spool; the worker waits, and is asked again later, while this fails.
  virtual Result<void> store(std::span<const protocol::Event> events) = 0;
  virtual void on_failure(const ModuleFailure& failure) = 0;
  /// A module has something to say to the manager.
  virtual void on_module_message(std::string_view /*module*/, protocol::Envelope /*message*/) {}
  virtual void on_state_change() = 0;
};

/// Single-threaded: all on the loop's thread.
class ModuleHost {
 public:
  using Configured = std::function<void(std::string error)>;  // empty: in force
  using Executed = std::function<void(protocol::CommandResult)>;

  ModuleHost(Loop& loop, const ModuleDescription& description, ModuleHostOptions options, ModuleHostOwner& owner);
  ~ModuleHost();
  ModuleHost(const ModuleHost&) = delete;
  ModuleHost& operator=(const ModuleHost&) = delete;

  [[nodiscard]] std::string_view name() const noexcept { return description_.name; }
  /// Puts a section into force, starting the process if it does not run. On error the section before stays; with none
  /// before, the module is stopped again. One at a time.
  void configure(std::string section, Configured done);
  /// Starts the module with the section of the last run, which counts as in force whatever the module says.
  void restore(std::string section);
  /// Gives the running process the section in force once more: there is new content.
  void refresh();
  void execute(protocol::Command command, Executed done);
  /// What the manager says to the module; lost while it does not run.
  void tell(const protocol::Envelope& message);
  /// The same, told to each new process of the module, too.
  void set_greeting(protocol::Envelope message);
  /// `done` is called when the process has ended.
  void stop(std::function<void()> done);

  [[nodiscard]] const protocol::ModuleState& state() const noexcept { return state_; }
  [[nodiscard]] const std::optional<std::string>& section() const noexcept { return section_; }
  [[nodiscard]] std::optional<ProcessUsage> usage() const;
  [[nodiscard]] pid_t pid() const noexcept { return process_ ? process_->pid() : 0; }
  [[nodiscard]] unsigned restarts() const noexcept { return restarts_; }
  /// Ends a process that is over its memory limit; call every few seconds.
  void check_resources();

 private:
  struct Stored {
    std::uint64_t batch;
    std::vector<protocol::Event> events;
  };

  void start();
  void close_process();
  void on_readable();
  void on_end();
  void take(protocol::WorkerEnvelope message);
  void take_state(const protocol::ModuleState& state);
  void take_ready();
  void take_configured(std::string error);
  void take_events(protocol::WorkerEvents events);
  void store_waiting();
  void send_section(const std::string& section);
  void finish_configure(std::string error);
  void fail_commands(std::string_view error);
  void fail(const std::string& why);
  void start_later(bool is_at_once = false);
  void set_state(std::string_view state, std::string_view reason);

  Loop& loop_;
  const ModuleDescription& description_;
  ModuleHostOptions options_;
  ModuleHostOwner& owner_;
  Backoff backoff_;

  std::unique_ptr<WorkerProcess> process_;
  bool is_ready_ = false;
  bool is_stopping_ = false;
  unsigned refreshes_ = 0;   // sent, not answered
  bool is_refused_ = false;  // the process runs without a policy: it refused the one in force
  std::string failure_;      // why we are ending the process
  std::optional<Loop::TimerId> restart_timer_;
  std::optional<Loop::TimerId> healthy_timer_;
  std::optional<Loop::TimerId> patience_timer_;
  std::optional<Loop::TimerId> store_timer_;
  std::function<void()> stopped_;

  std::optional<std::string> section_;    // in force
  std::optional<std::string> requested_;  // sent or to be sent
  Configured configured_;
  std::map<std::string, Executed> commands_;
  std::optional<protocol::Envelope> greeting_;
  std::deque<Stored> waiting_;  // for the spool; bounded, because emit() waits
  protocol::ModuleState state_;
  unsigned restarts_ = 0;
};

}  // namespace warder::agent
