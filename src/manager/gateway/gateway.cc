#include "manager/gateway/gateway.h"

#include <google/protobuf/stubs/logging.h>

#include <algorithm>
#include <condition_variable>
#include <thread>

#include "manager/gateway/enrol_endpoint.h"
#include "manager/gateway/session.h"
#include "manager/tenancy/scope_maker.h"
#include "protocol/token.h"

namespace warder::manager {

GatewayCore::Name GatewayCore::name_of(const AgentSession& session) {
  return {session.scope().tenant(), session.agent()};
}

void GatewayCore::enter(const std::shared_ptr<AgentSession>& session) {
  std::shared_ptr<AgentSession> former;
  {
    const std::scoped_lock lock(mutex_);
    former = std::exchange(sessions_[name_of(*session)], session);
  }
  if (former) former->supersede();
}

bool GatewayCore::leave(const AgentSession& session) {
  const std::scoped_lock lock(mutex_);
  const auto found = sessions_.find(name_of(session));
  if (found == sessions_.end() || found->second.get() != &session) return false;
  sessions_.erase(found);
  return true;
}

std::vector<std::shared_ptr<AgentSession>> GatewayCore::sessions_of(const Change& change) {
  std::vector<std::shared_ptr<AgentSession>> found;
  const std::scoped_lock lock(mutex_);
  if (change.agent) {
    const auto session = sessions_.find({change.tenant, *change.agent});
    if (session != sessions_.end()) found.push_back(session->second);
    return found;
  }
  for (auto at = sessions_.lower_bound({change.tenant, AgentId{}});
       at != sessions_.end() && at->first.first == change.tenant; ++at)
    found.push_back(at->second);
  return found;
}

bool GatewayCore::should_tell_clone(const AgentSession& session) {
  constexpr std::chrono::hours kPause{1};
  const auto now = parts.clock.steady_now();
  const std::scoped_lock lock(mutex_);
  const auto [told, is_first] = clones_told_.try_emplace(name_of(session), now);
  if (!is_first && now - told->second < kPause) return false;
  told->second = now;
  return true;
}

namespace {

/// What the listener owns; the session itself may be in use by the pusher when the socket ends.
class SessionHandler final : public WebSocketHandler {
 public:
  SessionHandler(GatewayCore& core, std::shared_ptr<AgentSession> session)
      : core_(core), session_(std::move(session)) {}

  void on_open(std::shared_ptr<WebSocket> socket) override {
    session_->open(std::move(socket));
    core_.enter(session_);
  }
  void on_message(std::string_view message) override { session_->receive(message); }
  void on_close() override { session_->closed(); }

 private:
  GatewayCore& core_;
  std::shared_ptr<AgentSession> session_;
};

/// Carries changes to the sessions and writes agents' reports, on a thread of its own. Thread-safe.
class Pusher {
 public:
  explicit Pusher(GatewayCore& core)
      : core_(core),
        subscription_(core.parts.bus.subscribe([this](const Change& change) { note(change); })),
        thread_([this](const std::stop_token& stop) { run(stop); }) {}

  void settle() {
    std::unique_lock lock(mutex_);
    const std::uint64_t wanted = rounds_ + (is_working_ ? 2 : 1);
    is_asked_ = true;
    wake_.notify_all();
    done_.wait(lock, [&] { return rounds_ >= wanted; });
  }

 private:
  void note(const Change& change) {
    const std::scoped_lock lock(mutex_);
    changes_.push_back(change);
    wake_.notify_all();
  }

  void run(const std::stop_token& stop) {
    constexpr std::chrono::milliseconds kFlushInterval{250};
    while (!stop.stop_requested()) {
      std::vector<Change> changes;
      {
        std::unique_lock lock(mutex_);
        wake_.wait_for(lock, stop, kFlushInterval, [this] { return !changes_.empty() || is_asked_; });
        changes.swap(changes_);
        is_asked_ = false;
        is_working_ = true;
      }
      work(changes);
      const std::scoped_lock lock(mutex_);
      is_working_ = false;
      ++rounds_;
      done_.notify_all();
    }
  }

  void work(const std::vector<Change>& changes) {
    for (const Change& change : changes) {
      // A change for a whole tenant covers those for its agents.
      const bool is_covered = change.agent && std::ranges::any_of(changes, [&](const Change& other) {
                                return !other.agent && other.tenant == change.tenant;
                              });
      if (is_covered) continue;
      const auto sessions = core_.sessions_of(change);
      if (change.agent) {
        for (const auto& session : sessions) session->refresh();
      } else if (!sessions.empty()) {
        const auto pushed = push_to_all(sessions);
        if (!pushed) core_.parts.log.error("gateway.push.failed", pushed.error().message);
      }
    }
    const auto flushed = core_.parts.agents.flush();
    if (!flushed && !is_failing_) core_.parts.log.error("gateway.reports.unwritten", flushed.error().message);
    is_failing_ = !flushed;
  }

  // One look-up for all agents of a tenant.
  Result<void> push_to_all(const std::vector<std::shared_ptr<AgentSession>>& sessions) {
    const TenantScope& scope = sessions.front()->scope();
    const auto policies = WD_TRY(core_.parts.agents.policies_of_all(scope));
    const auto content = WD_TRY(core_.parts.content.wanted(scope, sessions.front()->agent()));
    for (const auto& session : sessions) {
      const auto policy = policies.find(session->agent());
      session->push(policy == policies.end() ? std::nullopt : std::optional{policy->second}, content);
    }
    return {};
  }

  GatewayCore& core_;
  std::mutex mutex_;  // guards the next five
  std::condition_variable_any wake_;
  std::condition_variable done_;
  std::vector<Change> changes_;
  bool is_asked_ = false;
  bool is_working_ = false;
  std::uint64_t rounds_ = 0;
  bool is_failing_ = false;  // of the thread only
  std::unique_ptr<ChangeBus::Subscription> subscription_;
  std::jthread thread_;  // last: ends first
};

class GatewayImpl final : public Gateway {
 public:
  GatewayImpl(const GatewayParts& parts, const GatewayOptions& options)
      : core_(parts, options), enrol_(core_), pusher_(core_) {
    reset_connections();
  }

  HttpResponse respond(const HttpRequest& request) override {
    if (request.path != "/enrol") return problem_response(404, {ErrorCode::NotFound, "nothing here"});
    if (request.method != "POST") return problem_response(405, {ErrorCode::Invalid, "only POST"});
    return enrol_.respond(request);
  }

  std::unique_ptr<WebSocketHandler> accept_websocket(const HttpRequest& request) override {
    auto session = accept(request);
    if (session) return std::make_unique<SessionHandler>(core_, std::move(*session));
    core_.metrics.refused.add();
    core_.parts.log.warning("gateway.agent.refused", session.error().message, {{"peer", request.peer.text()}});
    return nullptr;
  }

  void settle() override { pusher_.settle(); }

 private:
  // A manager that was killed did not note that its connections ended.
  void reset_connections() {
    for (const Tenant& tenant : core_.parts.tenants.list()) {
      const auto scope = ScopeMaker{core_.parts.tenants}.make(tenant.id, "job:gateway");
      const auto reset = scope ? core_.parts.agents.reset_connections(*scope) : Result<void>{fail(scope.error())};
      if (!reset) core_.parts.log.error("gateway.connections.unreset", reset.error().message);
    }
  }

  // The certificate alone says who this is.
  Result<std::shared_ptr<AgentSession>> accept(const HttpRequest& request) {
    if (request.path != "/agent") return fail(ErrorCode::NotFound, "nothing here");
    if (!request.certificate) return fail(ErrorCode::Unauthenticated, "no client certificate");
    if (request.certificate->uris.size() != 1)
      return fail(ErrorCode::Unauthenticated, "certificate: does not name one agent");
    const auto who = WD_TRY(protocol::parse_agent_uri(request.certificate->uris.front()));
    if (core_.parts.clock.now() >= request.certificate->not_after)
      return fail(ErrorCode::Unauthenticated, "certificate: expired " + to_rfc3339(request.certificate->not_after));
    TenantScope scope = WD_TRY(ScopeMaker{core_.parts.tenants}.make(who.tenant, "agent:" + who.agent.text()));
    // A removed agent may come as far as its hello, where it is told so.
    return std::make_shared<AgentSession>(core_, std::move(scope), who.agent, request.certificate->not_after);
  }

  GatewayCore core_;
  EnrolEndpoint enrol_;
  Pusher pusher_;
};

}  // namespace

std::unique_ptr<Gateway> Gateway::create(const GatewayParts& parts, const GatewayOptions& options) {
  // Otherwise protobuf prints a line for each malformed message that an agent sends.
  google::protobuf::SetLogHandler(nullptr);
  return std::make_unique<GatewayImpl>(parts, options);
}

}  // namespace warder::manager
