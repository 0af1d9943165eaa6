#include "agent/module_host.h"

#include <utility>

#include "agent/worker.h"

namespace warder::agent {
namespace {

void cancel(Loop& loop, std::optional<Loop::TimerId>& timer) {
  if (timer) loop.cancel(*timer);
  timer.reset();
}

}  // namespace

ModuleHost::ModuleHost(Loop& loop, const ModuleDescription& description, ModuleHostOptions options,
                       ModuleHostOwner& owner)
    : loop_(loop),
      description_(description),
      options_(std::move(options)),
      owner_(owner),
      backoff_(options_.restart_first, options_.restart_longest, system_dice()) {
  state_.set_module(std::string(description_.name));
  state_.set_state("off");
}

ModuleHost::~ModuleHost() {
  close_process();
  for (auto* timer : {&restart_timer_, &healthy_timer_, &patience_timer_, &store_timer_}) cancel(loop_, *timer);
}

void ModuleHost::set_state(std::string_view state, std::string_view reason) {
  if (state_.state() == state && state_.reason() == reason) return;
  state_.set_state(std::string(state));
  state_.set_reason(std::string(reason));
  owner_.on_state_change();
}

void ModuleHost::start() {
  cancel(loop_, restart_timer_);
  auto process = WorkerProcess::start(options_.command);
  if (!process) {
    fail("cannot start: " + process.error().message);
    return;
  }
  process_ = std::move(*process);
  is_ready_ = false;
  refreshes_ = 0;
  failure_.clear();
  healthy_timer_ = loop_.after(options_.healthy_after, [this] { backoff_.reset(); });
  const auto watched = loop_.watch(process_->channel().fd(), [this] { on_readable(); });
  const auto ended = loop_.watch(process_->pid_fd(), [this] { on_end(); });
  if (!watched || !ended) fail("cannot watch its process");
}

void ModuleHost::close_process() {
  cancel(loop_, healthy_timer_);
  cancel(loop_, store_timer_);
  waiting_.clear();
  if (!process_) return;
  loop_.unwatch(process_->channel().fd());
  loop_.unwatch(process_->pid_fd());
  process_.reset();
  is_ready_ = false;
}

void ModuleHost::on_readable() {
  while (process_) {
    auto message = process_->channel().poll();
    if (!message) {  // closed or nonsense: the process is of no use any more; on_end() does the rest
      loop_.unwatch(process_->channel().fd());
      process_->kill();
      return;
    }
    if (!*message) return;
    take(std::move(**message));
  }
}

void ModuleHost::take(protocol::WorkerEnvelope message) {
  switch (message.message_case()) {
    case protocol::WorkerEnvelope::kReady:
      return take_ready();
    case protocol::WorkerEnvelope::kConfigured:
      return take_configured(std::move(*message.mutable_configured()->mutable_error()));
    case protocol::WorkerEnvelope::kEvents:
      return take_events(std::move(*message.mutable_events()));
    case protocol::WorkerEnvelope::kState:
      *state_.mutable_counters() = message.state().counters();
      return take_state(message.state());
    case protocol::WorkerEnvelope::kCommandResult: {
      auto node = commands_.extract(message.command_result().id());
      if (node) node.mapped()(std::move(*message.mutable_command_result()));
      return;
    }
    case protocol::WorkerEnvelope::kManager:
      return owner_.on_module_message(description_.name, std::move(*message.mutable_manager()));
    case protocol::WorkerEnvelope::kInspect:
    case protocol::WorkerEnvelope::kInspected:
    case protocol::WorkerEnvelope::kConfigure:
    case protocol::WorkerEnvelope::kStored:
    case protocol::WorkerEnvelope::kCommand:
    case protocol::WorkerEnvelope::kStop:
    case protocol::WorkerEnvelope::MESSAGE_NOT_SET:
      return;  // not a worker's to send
  }
}

/// A module that keeps failing, or that runs without its policy, is degraded whatever it says of itself.
void ModuleHost::take_state(const protocol::ModuleState& state) {
  if (is_refused_) return set_state("degraded", "agent.policy.refused");
  if (backoff_.failures() >= options_.degraded_after) return set_state("degraded", "agent.module.failed");
  set_state(state.state(), state.reason());
}

void ModuleHost::take_ready() {
  is_ready_ = true;
  is_refused_ = false;
  if (greeting_) tell(*greeting_);
  if (requested_) {
    send_section(*requested_);
  } else if (section_) {
    send_section(*section_);
  }
}

void ModuleHost::send_section(const std::string& section) {
  protocol::WorkerEnvelope message;
  message.mutable_configure()->set_section(section);
  if (!process_->channel().send(message)) process_->kill();
}

void ModuleHost::configure(std::string section, Configured done) {
  if (configured_) return done("another policy is being applied");
  configured_ = std::move(done);
  requested_ = std::move(section);
  is_stopping_ = false;
  patience_timer_ = loop_.after(options_.answer_patience, [this] {
    patience_timer_.reset();
    // Whatever it does with the section later, the next process begins with the one that is in force.
    failure_ = "it did not answer a policy in time";
    if (process_) process_->kill();
    finish_configure("the module did not answer in time");
  });
  if (!process_) {
    start();
  } else if (is_ready_) {
    send_section(*requested_);
  }
}

void ModuleHost::restore(std::string section) {
  section_ = std::move(section);
  is_stopping_ = false;
  if (!process_) start();
}

void ModuleHost::refresh() {
  if (!process_ || !is_ready_ || !section_ || configured_) return;
  ++refreshes_;
  send_section(*section_);
}

void ModuleHost::take_configured(std::string error) {
  if (refreshes_ > 0) {
    --refreshes_;  // answers come in the order of the questions
  } else if (configured_) {
    return finish_configure(std::move(error));
  }
  // The answer to the section that a restarted process was given.
  is_refused_ = !error.empty();
  if (is_refused_) set_state("degraded", "agent.policy.refused");
}

void ModuleHost::finish_configure(std::string error) {
  cancel(loop_, patience_timer_);
  auto done = std::exchange(configured_, nullptr);
  auto requested = std::exchange(requested_, std::nullopt);
  if (error.empty()) {
    is_refused_ = false;
    section_ = std::move(requested);
  } else if (!section_) {
    stop([] {});
  }
  if (done) done(std::move(error));
}

void ModuleHost::take_events(protocol::WorkerEvents events) {
  Stored stored{events.batch(), {}};
  for (protocol::Event& event : *events.mutable_events()) {
    event.set_module(static_cast<std::uint32_t>(description_.kind));  // a worker speaks for its own module only
    stored.events.push_back(std::move(event));
  }
  waiting_.push_back(std::move(stored));
  if (!store_timer_) store_waiting();
}

void ModuleHost::store_waiting() {
  while (process_ && !waiting_.empty()) {
    if (!owner_.store(waiting_.front().events)) {
      store_timer_ = loop_.after(options_.store_retry, [this] {
        store_timer_.reset();
        store_waiting();
      });
      return;
    }
    protocol::WorkerEnvelope message;
    message.mutable_stored()->set_batch(waiting_.front().batch);
    waiting_.pop_front();
    if (!process_->channel().send(message)) process_->kill();
  }
}

void ModuleHost::on_end() {
  on_readable();  // its last words: events that it sent before it ended
  const auto end = process_->reap();
  if (!end) return;
  close_process();
  fail_commands("the module's process ended");
  if (is_stopping_) {
    cancel(loop_, patience_timer_);
    set_state("off", "");
    if (auto stopped = std::exchange(stopped_, nullptr)) stopped();
    return;
  }
  if (end->signal == 0 && end->exit_code == kStartAnew) {
    // At once, unless it asks for that again and again.
    start_later(backoff_.failures() == 0);
    return;
  }
  owner_.on_failure({description_.name, *end, backoff_.failures() + 1, failure_});
  fail(failure_.empty() ? end->text() : failure_);
}

void ModuleHost::fail(const std::string& why) {
  close_process();
  start_later();
  if (backoff_.failures() >= options_.degraded_after || configured_) set_state("degraded", "agent.module.failed");
  if (configured_) finish_configure("the module's process ended: " + why);
}

void ModuleHost::start_later(bool is_at_once) {
  restarts_ += 1;
  const auto pause = backoff_.next();
  restart_timer_ = loop_.after(is_at_once ? std::chrono::milliseconds(0) : pause, [this] {
    restart_timer_.reset();
    start();
  });
}

void ModuleHost::execute(protocol::Command command, Executed done) {
  protocol::WorkerEnvelope message;
  *message.mutable_command() = std::move(command);
  const std::string id = message.command().id();
  if (process_ && is_ready_ && process_->channel().send(message)) {
    commands_[id] = std::move(done);
    return;
  }
  protocol::CommandResult result;
  result.set_id(id);
  result.set_error("the module does not run");
  done(std::move(result));
}

void ModuleHost::tell(const protocol::Envelope& message) {
  if (!process_ || !is_ready_) return;
  protocol::WorkerEnvelope envelope;
  *envelope.mutable_manager() = message;
  if (!process_->channel().send(envelope)) process_->kill();
}

void ModuleHost::set_greeting(protocol::Envelope message) {
  greeting_ = std::move(message);
  tell(*greeting_);
}

void ModuleHost::fail_commands(std::string_view error) {
  for (auto& [id, done] : std::exchange(commands_, {})) {
    protocol::CommandResult result;
    result.set_id(id);
    result.set_error(std::string(error));
    done(std::move(result));
  }
}

void ModuleHost::stop(std::function<void()> done) {
  is_stopping_ = true;
  cancel(loop_, restart_timer_);
  if (!process_) {
    set_state("off", "");
    return done();
  }
  stopped_ = std::move(done);
  protocol::WorkerEnvelope message;
  message.mutable_stop();
  if (!process_->channel().send(message)) process_->kill();
  cancel(loop_, patience_timer_);
  patience_timer_ = loop_.after(options_.stop_patience, [this] {
    patience_timer_.reset();
    if (process_) process_->kill();
  });
}

std::optional<ProcessUsage> ModuleHost::usage() const {
  return process_ ? read_usage(process_->pid()) : std::nullopt;
}

void ModuleHost::check_resources() {
  const auto used = usage();
  if (!used || used->rss_bytes <= options_.memory_max_bytes) return;
  failure_ = "it used too much memory";
  process_->kill();
}

}  // namespace warder::agent
