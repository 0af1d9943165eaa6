// What the supervisor answers: commands of the manager, and the control socket.
#include <unistd.h>

#include <future>

#include "agent/diagnostics.h"
#include "agent/supervisor.h"
#include "base/text.h"

namespace warder::agent {

using std::chrono::seconds;

namespace {

constexpr seconds kAnswerPatience{60};

std::string time_text(Timestamp time) {
  return to_micros(time) == 0 ? std::string() : to_rfc3339(time);
}

json::object describe_spool(const SpoolStatus& spool) {
  json::object object;
  object["state"] = spool.is_writable ? "on" : "degraded";
  object["reason"] = spool.is_writable ? "" : "agent.spool.disk-full";
  object["error"] = spool.error;
  object["events"] = spool.events;
  object["bytes"] = spool.bytes;
  object["last"] = spool.last;
  object["acknowledged"] = spool.acknowledged;
  object["lost"] = spool.lost_ever;
  object["epoch"] = to_hex(spool.epoch);
  return object;
}

json::object describe_uplink(const UplinkStatus& uplink) {
  json::object object;
  object["state"] = uplink.state();
  object["manager"] = uplink.manager;
  object["last_error"] = uplink.error;
  object["connected_since"] = uplink.connected_since ? to_rfc3339(*uplink.connected_since) : "";
  object["clock_offset_ms"] = uplink.clock_offset_ms ? json::value(*uplink.clock_offset_ms) : json::value();
  object["certificate_expires"] = time_text(uplink.certificate_expires);
  return object;
}

json::object describe_module(const ModuleHost& host) {
  const auto& state = host.state();
  json::object object;
  object["module"] = state.module();
  object["state"] = state.state();
  object["reason"] = state.reason();
  object["pid"] = host.pid();
  object["restarts"] = host.restarts();
  const auto used = host.usage().value_or(ProcessUsage{});
  object["rss_bytes"] = used.rss_bytes;
  object["cpu_ms"] = used.cpu_ms;
  json::object counters;
  for (const auto& [key, value] : state.counters()) counters[key] = value;
  object["counters"] = std::move(counters);
  return object;
}

json::object to_object(const protocol::CommandResult& result) {
  json::object object;
  object["succeeded"] = result.succeeded();
  object["error"] = result.error();
  const auto output = parse_json(result.output(), 16 << 20);
  object["output"] = output ? *output : json::value();
  return object;
}

json::object check(std::string_view name, bool is_good, std::string_view detail) {
  json::object object;
  object["check"] = name;
  object["succeeded"] = is_good;
  object["detail"] = detail;
  return object;
}

}  // namespace

json::object Supervisor::status() const {
  json::object object;
  const SpoolStatus spool = spool_->status();
  bool is_degraded = !spool.is_writable;
  json::array modules;
  for (const auto& module : modules_) {
    modules.push_back(describe_module(*module));
    is_degraded = is_degraded || module->state().state() == "degraded";
  }
  const json::object forwarding = forwarding_ ? forwarding_->describe() : json::object{{"state", "off"}};
  is_degraded = is_degraded || get_string(forwarding, "state").value_or("") == "degraded";
  object["version"] = WARDER_VERSION;
  object["agent"] = identity_ ? identity_->agent.text() : "";
  object["tenant"] = identity_ ? identity_->tenant.text() : "";
  object["enrolled"] = identity_.has_value();
  object["pid"] = ::getpid();
  object["started"] = to_rfc3339(started_);
  object["state"] = is_degraded ? "degraded" : "on";
  const auto own = read_usage(0).value_or(ProcessUsage{});
  object["rss_bytes"] = own.rss_bytes;
  object["cpu_ms"] = own.cpu_ms;
  object["uplink"] = describe_uplink(uplink_ ? uplink_->status() : UplinkStatus{});
  object["spool"] = describe_spool(spool);
  object["forwarding"] = forwarding;
  json::object policy;
  policy["digest"] = policies_->current() ? policies_->current()->digest : "";
  policy["name"] = policies_->current() ? policies_->current()->name : "";
  policy["self_protection"] = policies_->current() && policies_->agent().self_protection;
  object["policy"] = std::move(policy);
  object["modules"] = std::move(modules);
  object["audit"] = json::object{{"entries", witness_ ? witness_->held() : 0},
                                 {"forked", witness_ && witness_->is_forked()},
                                 {"cosigner", cosigner_ ? cosigner_->key().text() : ""}};
  return object;
}

void Supervisor::execute(protocol::Command command) {
  const auto done = [this, name = command.name(), id = command.id()](protocol::CommandResult result) {
    reporter_->report(result.succeeded() ? "agent.command.succeeded" : "agent.command.failed", Severity::Info,
                      {{"command.name", name}, {"command.id", id}, {"error", result.error()}});
    protocol::Envelope message;
    *message.mutable_command_result() = std::move(result);
    uplink_->send(std::move(message));
  };
  const bool is_late = command.expires_us() != 0 && to_micros(clock_.now()) > command.expires_us();
  ModuleHost* const module = find(command.module());
  if (!is_late && module != nullptr) return module->execute(std::move(command), done);
  if (!is_late && (command.module().empty() || command.module() == "agent")) return execute_own(command, done);
  protocol::CommandResult result;
  result.set_id(command.id());
  result.set_error(is_late ? "the command had expired" : "there is no module " + command.module());
  done(std::move(result));
}

void Supervisor::execute_own(const protocol::Command& command, const ModuleHost::Executed& done) {
  if (command.name() == "self-test") return self_test(command, done);
  protocol::CommandResult result;
  result.set_id(command.id());
  if (command.name() == "diagnostics") {
    result.set_succeeded(true);
    result.set_output(json::serialize(status()));
  } else if (command.name() == "renew-certificate" && uplink_) {
    uplink_->renew();
    result.set_succeeded(true);
  } else {
    result.set_error("the agent knows no command " + command.name());
  }
  done(std::move(result));
}

/// The agent's own parts now, then each module's own test; all must be good.
void Supervisor::self_test(const protocol::Command& command, const ModuleHost::Executed& done) {
  struct Test {
    json::array checks;
    bool is_good = true;
    std::size_t left = 0;
  };
  const auto test = std::make_shared<Test>();
  const auto add = [test](std::string_view name, bool is_good, std::string_view detail) {
    test->is_good = test->is_good && is_good;
    test->checks.push_back(check(name, is_good, detail));
  };
  reporter_->retry();
  const SpoolStatus spool = spool_->status();
  const UplinkStatus uplink = uplink_ ? uplink_->status() : UplinkStatus{};
  add("spool", spool.is_writable, spool.is_writable ? std::to_string(spool.events) + " events wait" : spool.error);
  add("uplink", uplink.condition == UplinkCondition::Connected, std::string(uplink.state()));
  add("policy", policies_->current().has_value(), policies_->current() ? policies_->current()->name : "none yet");
  test->left = modules_.size() + 1;
  const auto finish_one = [test, done, id = command.id()] {
    if (--test->left > 0) return;
    protocol::CommandResult result;
    result.set_id(id);
    result.set_succeeded(test->is_good);
    if (!test->is_good) result.set_error("a check failed");
    result.set_output(json::serialize(json::object{{"checks", test->checks}}));
    done(std::move(result));
  };
  for (const auto& module : modules_) {
    if (module->state().state() == "off") {
      add(module->name(), true, "off");
      finish_one();
      continue;
    }
    protocol::Command part;
    part.set_id(command.id() + "/" + std::string(module->name()));
    part.set_name("self-test");
    module->execute(std::move(part), [add, finish_one, name = module->name()](const protocol::CommandResult& result) {
      add(name, result.succeeded(), result.succeeded() ? result.output() : result.error());
      finish_one();
    });
  }
  finish_one();
}

Result<json::object> Supervisor::answer(const Caller& caller, const json::object& request) {
  const auto promise = std::make_shared<std::promise<Result<json::object>>>();
  auto future = promise->get_future();
  loop_->post([this, caller, request, promise] {
    answer_on_loop(caller, request, [promise](Result<json::object> result) { promise->set_value(std::move(result)); });
  });
  if (future.wait_for(kAnswerPatience) != std::future_status::ready) {
    return fail(ErrorCode::Timeout, "the agent did not answer in time");
  }
  return future.get();
}

void Supervisor::answer_on_loop(const Caller& caller, const json::object& request, const Answered& done) {
  const auto wanted = get_string(request, "command");
  if (!wanted) return done(fail(wanted.error()));
  if (*wanted == "status") return done(status());
  if (*wanted == "stop") return done(answer_stop(caller, request, false));
  if (*wanted == "uninstall") return done(answer_stop(caller, request, true));
  protocol::Command command;
  command.set_id("local");
  command.set_name(std::string(*wanted));
  command.set_module(std::string(get_string(request, "module").value_or("")));
  const auto finish = [done](const protocol::CommandResult& result) { done(to_object(result)); };
  if (command.module().empty()) return execute_own(command, finish);
  ModuleHost* const module = find(command.module());
  if (module == nullptr) return done(fail(ErrorCode::NotFound, "there is no module " + command.module()));
  module->execute(std::move(command), finish);
}

Result<json::object> Supervisor::answer_stop(const Caller& caller, const json::object& request, bool is_uninstall) {
  const auto token = get_string(request, "token").value_or("");
  // An uninstall always wants a token; a stop only while the policy says that the agent protects itself.
  const bool is_guarded = is_uninstall || (policies_->current() && policies_->agent().self_protection);
  const auto allowed = is_guarded ? check_maintenance(identity_, token, clock_.now()) : Result<void>();
  if (!allowed) {
    const Sender sender = describe_sender(caller.pid, caller.user);
    reporter_->report(is_uninstall ? "agent.tamper.uninstall" : "agent.tamper.stop", Severity::High,
                      {{"process.pid", std::int64_t{sender.pid}},
                       {"user.id", std::int64_t{sender.user}},
                       {"process.executable", sender.executable},
                       {"error", allowed.error().message}});
    return fail(allowed.error());
  }
  begin_stop(is_uninstall ? "uninstall" : "maintenance");
  return json::object{{"stopping", true}, {"pid", ::getpid()}};
}

}  // namespace warder::agent
