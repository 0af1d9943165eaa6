// The agent's main process: starts a worker for each module, keeps the spool and the stream to the manager, looks after
// its own safety, and answers on the control socket. It runs as root; workers keep only the rights their module names.
#pragma once

#include <atomic>
#include <filesystem>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "agent/audit_witness.h"
#include "agent/config.h"
#include "agent/content_packs.h"
#include "agent/control.h"
#include "agent/cosigner.h"
#include "agent/forwarding_keeper.h"
#include "agent/loop.h"
#include "agent/module_host.h"
#include "agent/policy_keeper.h"
#include "agent/reporter.h"
#include "agent/selfprotect.h"
#include "agent/spool.h"
#include "agent/uplink.h"

namespace warder::agent {

struct SupervisorOptions {
  Config config;
  std::filesystem::path config_file;        // guarded against change; empty: none
  std::vector<std::string> worker_command;  // module name and --fd N follow
  std::span<const ModuleDescription> modules;
  int signal_fd = -1;             // signalfd(2) of SIGTERM and SIGINT; -1: none
  ModuleHostOptions module_host;  // command is filled in
  std::chrono::milliseconds guard_period{5000};
  std::chrono::milliseconds goodbye_patience{2000};  // for the last events to reach the manager
};

/// Everything runs on the thread that calls run(), except the uplink and the control socket, which have theirs.
class Supervisor final : public ModuleHostOwner, public UplinkListener {
 public:
  static Result<std::unique_ptr<Supervisor>> create(SupervisorOptions options, Dialer& dialer, const host::Clock& clock,
                                                    Log& log);
  ~Supervisor() override;
  Supervisor(const Supervisor&) = delete;
  Supervisor& operator=(const Supervisor&) = delete;

  /// Until it is stopped. Failure: it could not start.
  Result<void> run();
  /// From any thread. `reason` is kept in the event agent.stopped.
  void stop(std::string reason);

 private:
  Supervisor(SupervisorOptions options, std::optional<Identity> identity, OpenedSpool spool, std::unique_ptr<Loop> loop,
             const host::Clock& clock, Log& log);

  // ModuleHostOwner
  Result<void> store(std::span<const protocol::Event> events) override;
  void on_failure(const ModuleFailure& failure) override;
  void on_module_message(std::string_view module, protocol::Envelope message) override;
  void on_state_change() override;  // of UplinkListener too: both mean "what status() says has changed"

  // UplinkListener, on the uplink's thread: each posts to the loop
  void on_connected(const protocol::HelloAck& ack) override;
  void on_policy(protocol::PolicyPush policy) override;
  void on_command(protocol::Command command) override;
  void on_renewed(Timestamp expires) override;
  void on_audit(protocol::AuditCheckpoint audit) override;
  void on_module_message(protocol::Envelope message) override;

  Result<void> begin();
  void begin_timers();
  void start_modules();
  Result<void> start_uplink(Dialer& dialer);
  void prepare_forwarding();
  void restore_forwarding();
  Result<sinks::Credentials> credentials(const std::string& which) const;  // on the forwarder's thread
  void on_content(const ContentOutcome& outcome);                          // on the uplink's thread
  void begin_stop(const std::string& reason);
  void finish_stop();
  void on_signal();
  void watch_files();
  void look_at_files();
  void look_at_modules();
  void look_at_clock();
  void say_module_changes();
  void send_heartbeat();
  void tell_witnessed(protocol::Heartbeat& heartbeat) const;
  void set_heartbeat(std::chrono::seconds period);
  void apply_policy(Policy policy);
  void use_agent_policy();
  void greet_modules(const protocol::HelloAck& ack);
  void execute(protocol::Command command);
  void execute_own(const protocol::Command& command, const ModuleHost::Executed& done);
  void self_test(const protocol::Command& command, const ModuleHost::Executed& done);
  ModuleHost* find(std::string_view module);

  /// The control socket's thread waits here while the loop answers.
  Result<json::object> answer(const Caller& caller, const json::object& request);
  using Answered = std::function<void(Result<json::object>)>;
  void answer_on_loop(const Caller& caller, const json::object& request, const Answered& done);
  Result<json::object> answer_stop(const Caller& caller, const json::object& request, bool is_uninstall);
  [[nodiscard]] json::object status() const;

  SupervisorOptions options_;
  const host::Clock& clock_;
  Log& log_;
  std::optional<Identity> identity_;
  std::filesystem::path moved_aside_;
  std::unique_ptr<Spool> spool_;
  std::unique_ptr<Loop> loop_;
  std::unique_ptr<Reporter> reporter_;
  std::vector<std::unique_ptr<ModuleHost>> modules_;
  std::unique_ptr<PolicyKeeper> policies_;
  std::unique_ptr<ContentPacks> content_;
  std::unique_ptr<AuditWitness> witness_;  // absent: not enrolled
  std::optional<Cosigner> cosigner_;       // absent: not enrolled, or its file cannot be read
  std::unique_ptr<Uplink> uplink_;         // absent: not enrolled
  Messages messages_;
  std::unique_ptr<ForwardingKeeper> forwarding_;  // absent: not enrolled
  std::unique_ptr<ControlServer> control_;
  FileGuard guard_;
  std::map<std::string, std::string> told_states_;  // module → state that an event was made of
  std::optional<Loop::TimerId> heartbeat_timer_;
  Timestamp started_;
  std::chrono::microseconds clock_drift_{0};  // wall clock minus steady clock
  bool is_stopping_ = false;
  bool is_heartbeat_due_ = false;
};

}  // namespace warder::agent
