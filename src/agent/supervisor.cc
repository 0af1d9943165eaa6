#include "agent/supervisor.h"

#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <future>

#include "protocol/protocol.h"

namespace warder::agent {

using std::chrono::milliseconds;
using std::chrono::seconds;

namespace {

constexpr std::string_view kIntegrity = "integrity";
constexpr std::string_view kInventory = "inventory";
constexpr seconds kLookAtModules{10};
constexpr milliseconds kRetryEvents{1000};
/// State changes are told at once, but not more often than this.
constexpr milliseconds kHeartbeatGap{500};
constexpr std::chrono::seconds kClockStep{60};

SpoolLimits limits_of(const AgentPolicy& policy) {
  return {.max_events = static_cast<std::uint64_t>(policy.spool_max_events),
          .max_bytes = static_cast<std::uint64_t>(policy.spool_max_mb) << 20};
}

Result<void> make_private_directory(const std::filesystem::path& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (!error) std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  if (error) return fail(ErrorCode::Unavailable, directory.string() + ": " + error.message());
  return {};
}

}  // namespace

Result<std::unique_ptr<Supervisor>> Supervisor::create(SupervisorOptions options, Dialer& dialer,
                                                       const host::Clock& clock, Log& log) {
  WD_TRY(make_private_directory(options.config.state()));
  auto identity = load_identity(options.config.identity_directory());
  if (!identity && identity.error().code != ErrorCode::NotFound) return fail(std::move(identity).error());
  auto spool = WD_TRY(open_or_replace_spool(options.config.spool_file(), limits_of(AgentPolicy{}),
                                            std::to_string(to_micros(clock.now()))));
  auto loop = WD_TRY(Loop::create());
  auto known = identity ? std::optional(std::move(*identity)) : std::nullopt;
  auto supervisor =
      std::unique_ptr<Supervisor>(new Supervisor(std::move(options), std::move(known), std::move(spool),
                                                 std::move(loop), clock, log));  // NOLINT: private constructor
  WD_TRY(supervisor->start_uplink(dialer));
  return supervisor;
}

Supervisor::Supervisor(SupervisorOptions options, std::optional<Identity> identity, OpenedSpool spool,
                       std::unique_ptr<Loop> loop, const host::Clock& clock, Log& log)
    : options_(std::move(options)),
      clock_(clock),
      log_(log),
      identity_(std::move(identity)),
      moved_aside_(std::move(spool.moved_aside)),
      spool_(std::move(spool.spool)),
      loop_(std::move(loop)),
      started_(clock.now()) {
  reporter_ = std::make_unique<Reporter>(*spool_, clock_, log_, [this] {
    if (uplink_) uplink_->wake();
    if (forwarding_) forwarding_->wake();
  });
  for (const ModuleDescription& description : options_.modules) {
    ModuleHostOptions host = options_.module_host;
    host.command = options_.worker_command;
    host.command.emplace_back(description.name);
    modules_.push_back(std::make_unique<ModuleHost>(*loop_, description, std::move(host), *this));
  }
  policies_ = std::make_unique<PolicyKeeper>(options_.config.policy_file(), modules_);
}

Supervisor::~Supervisor() {
  control_.reset();  // their threads call into the rest
  forwarding_.reset();
  uplink_.reset();
}

Result<void> Supervisor::start_uplink(Dialer& dialer) {
  if (!identity_) return {};
  content_ = WD_TRY(ContentPacks::open(options_.config.content_directory(), identity_->content_keys,
                                       [this](const ContentOutcome& outcome) { on_content(outcome); }));
  witness_ = WD_TRY(AuditWitness::open(options_.config.audit_directory(), identity_->tenant));
  auto cosigner = Cosigner::open(options_.config.cosigner_file(), identity_->agent);
  if (cosigner) {
    cosigner_ = std::move(*cosigner);
  } else {
    log_.warning("audit.cosigner.failed", cosigner.error().message);
  }
  UplinkOptions uplink;
  uplink.managers = options_.config.managers.empty() ? identity_->managers : options_.config.managers;
  if (!options_.config.proxy.empty()) {
    if (auto proxy = parse_host_port(options_.config.proxy)) uplink.proxy = std::move(*proxy);
  }
  uplink.identity_directory = options_.config.identity_directory();
  uplink.reconnect_longest = seconds{options_.config.reconnect_max_s};
  uplink_ = std::make_unique<Uplink>(std::move(uplink), *identity_,
                                     UplinkParts{*spool_, dialer, *this, content_.get(), clock_, log_});
  prepare_forwarding();
  return {};
}

Result<void> Supervisor::run() {
  WD_TRY(begin());
  loop_->run();
  control_.reset();
  forwarding_.reset();
  uplink_.reset();
  return {};
}

Result<void> Supervisor::begin() {
  restore_forwarding();
  const auto last = WD_TRY(begin_run(options_.config.running_file(), {read_boot_id(), ::getpid()}));
  if (last == LastEnd::Killed) reporter_->report("agent.tamper.kill", Severity::High, {{"module.name", "supervisor"}});
  reporter_->report(
      "agent.started", last == LastEnd::Crash ? Severity::Medium : Severity::Info,
      {{"agent.version", WARDER_VERSION}, {"reason", last == LastEnd::Clean ? "start" : "after a crash"}});
  if (!moved_aside_.empty()) {
    reporter_->report("agent.spool.corrupt", Severity::High, {{"file.path", moved_aside_.string()}});
  }
  if (witness_ && witness_->is_damaged()) reporter_->report("audit.witness.lost", Severity::Medium);
  if (options_.signal_fd >= 0) WD_TRY(loop_->watch(options_.signal_fd, [this] { on_signal(); }));
  watch_files();
  control_ = WD_TRY(ControlServer::create(
      options_.config.control_socket(),
      [this](const Caller& caller, const json::object& request) { return answer(caller, request); }, log_));
  start_modules();
  begin_timers();
  if (uplink_) {
    uplink_->set_policy_digest(policies_->current() ? policies_->current()->digest : "");
    uplink_->start();
  }
  return {};
}

void Supervisor::begin_timers() {
  loop_->every(options_.guard_period, [this] { look_at_files(); });
  loop_->every(kLookAtModules, [this] { look_at_modules(); });
  loop_->every(kRetryEvents, [this] { reporter_->retry(); });
  loop_->every(kRetryEvents, [this] {
    if (forwarding_ && forwarding_->look()) on_state_change();
  });
  clock_drift_ = clock_.now().time_since_epoch() -
                 std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady_now().time_since_epoch());
  set_heartbeat(seconds{policies_->agent().heartbeat_s});
}

void Supervisor::start_modules() {
  for (const auto& module : modules_) {
    const auto made = make_private_directory(options_.config.module_directory(module->name()));
    if (!made) log_.error("agent.module.failed", made.error().message, {{"module", std::string(module->name())}});
  }
  const auto policy = load_policy(options_.config.policy_file());
  if (!policy) {
    reporter_->report("agent.policy.refused", Severity::High, {{"policy.name", ""}, {"error", policy.error().message}});
  } else if (*policy) {
    policies_->restore(**policy);
    use_agent_policy();
  }
}

void Supervisor::stop(std::string reason) {
  loop_->post([this, reason = std::move(reason)] { begin_stop(reason); });
}

void Supervisor::begin_stop(const std::string& reason) {
  if (is_stopping_) return;
  is_stopping_ = true;
  reporter_->report("agent.stopped", Severity::Info, {{"reason", reason}});
  const auto left = std::make_shared<std::size_t>(modules_.size() + 1);
  const auto one_less = [this, left] {
    if (--*left == 0) finish_stop();
  };
  for (const auto& module : modules_) module->stop(one_less);
  one_less();
}

/// The manager should know that we stop because we were told to: the last events get a moment to reach it.
void Supervisor::finish_stop() {
  const auto deadline = clock_.steady_now() + options_.goodbye_patience;
  loop_->every(milliseconds{20}, [this, deadline] {
    const SpoolStatus spool = spool_->status();
    const bool is_connected = uplink_ && uplink_->status().condition == UplinkCondition::Connected;
    if (is_connected && spool.acknowledged < spool.last && clock_.steady_now() < deadline) return;
    if (const auto ended = end_run(options_.config.running_file()); !ended) {
      log_.error("agent.stop.unclean", ended.error().message);
    }
    loop_->stop();
  });
}

void Supervisor::on_signal() {
  signalfd_siginfo info{};
  if (::read(options_.signal_fd, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) return;
  const Sender sender = describe_sender(static_cast<pid_t>(info.ssi_pid), info.ssi_uid);
  const bool is_guarded = identity_ && policies_->agent().self_protection && policies_->current();
  if (!is_guarded || is_shutdown(sender)) return begin_stop(is_shutdown(sender) ? "shutdown" : "signal");
  reporter_->report("agent.tamper.stop", Severity::High,
                    {{"process.pid", std::int64_t{sender.pid}},
                     {"user.id", std::int64_t{sender.user}},
                     {"process.executable", sender.executable},
                     {"reason", info.ssi_signo == SIGTERM ? "SIGTERM" : "SIGINT"}});
}

// ---- modules --------------------------------------------------------------------------------------------------------

Result<void> Supervisor::store(std::span<const protocol::Event> events) {
  auto stored = reporter_->store(events);
  if (!stored) on_state_change();
  return stored;
}

void Supervisor::on_failure(const ModuleFailure& failure) {
  const std::string module(failure.module);
  const std::string why = failure.why.empty() ? failure.end.text() : failure.why;
  if (failure.end.signal == SIGKILL && failure.why.empty()) {
    reporter_->report("agent.tamper.kill", Severity::High, {{"module.name", module}, {"reason", "SIGKILL"}});
    return;
  }
  if (failure.end.signal == SIGSYS) {
    reporter_->report("agent.tamper.syscall", Severity::Critical, {{"module.name", module}});
    return;
  }
  reporter_->report("agent.module.failed", Severity::Medium,
                    {{"module.name", module}, {"error", why}, {"count", std::int64_t{failure.failures}}});
}

void Supervisor::on_state_change() {
  loop_->post([this] {
    say_module_changes();
    if (is_heartbeat_due_ || !uplink_) return;
    is_heartbeat_due_ = true;
    loop_->after(kHeartbeatGap, [this] {
      is_heartbeat_due_ = false;
      send_heartbeat();
    });
  });
}

void Supervisor::say_module_changes() {
  if (is_stopping_) return;
  for (const auto& module : modules_) {
    const auto& state = module->state();
    std::string& told = told_states_[state.module()];
    const bool was_degraded = told == "degraded";
    told = state.state();
    if (told == "degraded" && !was_degraded) {
      reporter_->report("agent.module.degraded", Severity::Medium,
                        {{"module.name", state.module()}, {"module.reason", state.reason()}});
    } else if (told == "on" && was_degraded) {
      reporter_->report("agent.module.recovered", Severity::Info, {{"module.name", state.module()}});
    }
  }
}

void Supervisor::look_at_modules() {
  for (const auto& module : modules_) module->check_resources();
  look_at_clock();
}

void Supervisor::look_at_clock() {
  const auto drift = clock_.now().time_since_epoch() -
                     std::chrono::duration_cast<std::chrono::microseconds>(clock_.steady_now().time_since_epoch());
  const auto step = drift - clock_drift_;
  clock_drift_ = drift;
  if (std::chrono::abs(step) < kClockStep) return;
  reporter_->report("agent.clock.stepped", Severity::Medium,
                    {{"duration_ms", std::chrono::duration_cast<milliseconds>(step).count()}});
}

ModuleHost* Supervisor::find(std::string_view module) {
  const auto found = std::ranges::find_if(modules_, [&](const auto& host) { return host->name() == module; });
  return found == modules_.end() ? nullptr : found->get();
}

// ---- own files ------------------------------------------------------------------------------------------------------

void Supervisor::watch_files() {
  std::error_code error;
  const auto program = std::filesystem::read_symlink("/proc/self/exe", error);
  if (!error) guard_.watch(program, false);
  if (!options_.config_file.empty()) guard_.watch(options_.config_file, false);
  for (const char* name : {"key.pem", "certificate.pem", "ca.pem", "agent.json"}) {
    if (identity_) guard_.watch(options_.config.identity_directory() / name, false);
  }
  guard_.watch(options_.config.spool_file(), true);
}

void Supervisor::look_at_files() {
  for (const FileTamper& tamper : guard_.look()) {
    if (uplink_ && tamper.path.parent_path() == options_.config.identity_directory() && tamper.what != "attributes") {
      // A renewal writes these files; then they hold what the uplink holds.
      const auto stored = load_identity(options_.config.identity_directory());
      const Identity ours = uplink_->identity();
      if (stored && stored->certificate_pem == ours.certificate_pem &&
          stored->private_key_pem == ours.private_key_pem && stored->ca_pem == ours.ca_pem &&
          stored->managers == ours.managers) {
        continue;
      }
    }
    reporter_->report("agent.tamper.file", Severity::High,
                      {{"file.path", tamper.path.string()}, {"reason", std::string(tamper.what)}});
  }
}

// ---- manager --------------------------------------------------------------------------------------------------------

void Supervisor::on_connected(const protocol::HelloAck& ack) {
  loop_->post([this, ack] {
    greet_modules(ack);
    set_heartbeat(seconds{ack.heartbeat_s() > 0 ? ack.heartbeat_s() : policies_->agent().heartbeat_s});
    send_heartbeat();
  });
}

// Each module hears what concerns it, after every start anew.
void Supervisor::greet_modules(const protocol::HelloAck& ack) {
  const auto greet = [&](std::string_view name, protocol::HelloAck part) {
    ModuleHost* const module = find(name);
    if (module == nullptr) return;
    protocol::Envelope message;
    *message.mutable_hello_ack() = std::move(part);
    module->set_greeting(std::move(message));
  };
  // A manager that knows no inventory hears of none: the module waits for a greeting.
  if (std::ranges::find(ack.capabilities(), "inventory.v1") != ack.capabilities().end()) {
    protocol::HelloAck part;
    *part.mutable_inventory() = ack.inventory();
    greet(kInventory, std::move(part));
  }
  if (!ack.baseline_key().empty()) {
    protocol::HelloAck part;
    part.set_baseline_key(ack.baseline_key());
    greet(kIntegrity, std::move(part));
  }
}

void Supervisor::on_module_message(protocol::Envelope message) {
  loop_->post([this, message = std::move(message)] {
    ModuleHost* const module = find(kInventory);
    if (module == nullptr || !message.has_inventory_ack()) return;
    module->tell(message);
  });
}

void Supervisor::on_module_message(std::string_view module, protocol::Envelope message) {
  if (!uplink_ || module != kInventory || !message.has_inventory_update()) return;
  uplink_->send(std::move(message));
}

void Supervisor::on_policy(protocol::PolicyPush policy) {
  loop_->post([this, policy = std::move(policy)]() mutable {
    apply_policy({std::move(*policy.mutable_digest()), std::move(*policy.mutable_policy_id()),
                  std::move(*policy.mutable_name()), std::move(*policy.mutable_document())});
  });
}

void Supervisor::on_command(protocol::Command command) {
  loop_->post([this, command = std::move(command)]() mutable { execute(std::move(command)); });
}

void Supervisor::on_renewed(Timestamp expires) {
  loop_->post([this, expires] {
    reporter_->report("agent.certificate.renewed", Severity::Info, {{"certificate.not_after", to_rfc3339(expires)}});
  });
}

void Supervisor::on_audit(protocol::AuditCheckpoint audit) {
  loop_->post([this, audit = std::move(audit)] {
    const auto fork = witness_->take(audit, clock_.steady_now());
    if (!fork) return log_.warning("audit.witness.failed", fork.error().message);
    if (!*fork) return;
    reporter_->report("audit.fork", Severity::Critical,
                      {{"error", (*fork)->reason}, {"audit.held", (*fork)->held}, {"audit.offered", (*fork)->offered}});
  });
}

void Supervisor::on_content(const ContentOutcome& outcome) {
  loop_->post([this, outcome] {
    const bool is_refused = !outcome.error.empty();
    reporter_->report(is_refused ? "agent.content.refused" : "agent.content.installed",
                      is_refused ? Severity::High : Severity::Info,
                      {{"content.pack", outcome.pack}, {"content.digest", outcome.digest}, {"error", outcome.error}});
    if (is_refused) return;
    for (const auto& module : modules_) module->refresh();
  });
}

void Supervisor::set_heartbeat(seconds period) {
  if (heartbeat_timer_) loop_->cancel(*heartbeat_timer_);
  heartbeat_timer_ = loop_->every(std::max(period, seconds{1}), [this] { send_heartbeat(); });
}

void Supervisor::send_heartbeat() {
  if (!uplink_) return;
  const SpoolStatus spool = spool_->status();
  const auto own = read_usage(0).value_or(ProcessUsage{});
  protocol::Envelope message;
  protocol::Heartbeat& heartbeat = *message.mutable_heartbeat();
  heartbeat.set_agent_time_us(to_micros(clock_.now()));
  heartbeat.set_spool_events(spool.events);
  heartbeat.set_spool_bytes(spool.bytes);
  std::uint64_t rss = own.rss_bytes;
  std::uint64_t cpu = own.cpu_ms;
  for (const auto& module : modules_) {
    *heartbeat.add_modules() = module->state();
    const auto used = module->usage().value_or(ProcessUsage{});
    rss += used.rss_bytes;
    cpu += used.cpu_ms;
  }
  if (forwarding_) {
    if (auto state = forwarding_->state()) *heartbeat.add_modules() = std::move(*state);
  }
  heartbeat.set_rss_bytes(rss);
  heartbeat.set_cpu_ms(cpu);
  if (witness_) tell_witnessed(heartbeat);
  uplink_->send(std::move(message));
}

void Supervisor::tell_witnessed(protocol::Heartbeat& heartbeat) const {
  heartbeat.set_audit_held(witness_->held());
  if (!cosigner_) return;
  heartbeat.set_cosigner(cosigner_->key().text());
  if (witness_->sound_note().empty()) return;
  if (auto line = cosigner_->cosign(witness_->sound_note(), clock_.now())) heartbeat.set_cosignature(std::move(*line));
}

void Supervisor::apply_policy(Policy policy) {
  policies_->apply(std::move(policy), [this](const Policy& applied, const std::string& error) {
    if (error.empty()) {
      use_agent_policy();
      reporter_->report("agent.policy.applied", Severity::Info,
                        {{"policy.name", applied.name}, {"policy.id", applied.id}, {"policy.digest", applied.digest}});
      uplink_->set_policy_digest(applied.digest);
    } else {
      reporter_->report("agent.policy.refused", Severity::High,
                        {{"policy.name", applied.name}, {"policy.id", applied.id}, {"error", error}});
    }
    protocol::Envelope message;
    message.mutable_policy_result()->set_digest(applied.digest);
    message.mutable_policy_result()->set_applied(error.empty());
    message.mutable_policy_result()->set_error(error);
    uplink_->send(std::move(message));
  });
}

void Supervisor::use_agent_policy() {
  spool_->set_limits(limits_of(policies_->agent()));
  if (forwarding_) forwarding_->use(policies_->forwarding());
}

}  // namespace warder::agent
