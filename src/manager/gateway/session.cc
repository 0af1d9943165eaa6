#include "manager/gateway/session.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/json.h"
#include "manager/events/own_event.h"
#include "manager/gateway/reports.h"
#include "protocol/protocol.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxErrorText = 2000;
constexpr double kRenewalsPerSecond = 1.0 / 60;
constexpr double kRenewalsBurst = 5;
constexpr double kCosignaturesPerSecond = 1.0 / 900;  // each is a transaction
constexpr double kCosignaturesBurst = 2;
constexpr std::string_view kInventory = "inventory.v1";
constexpr std::string_view kWitness = "witness.v1";

std::string_view removed_text() {
  return "this agent was removed from the manager";
}

}  // namespace

AgentSession::AgentSession(GatewayCore& core, TenantScope scope, AgentId agent, Timestamp certificate_expires)
    : core_(core),
      scope_(std::move(scope)),
      agent_(agent),
      certificate_expires_(certificate_expires),
      messages_(core.options.messages_per_second, core.options.messages_burst, core.parts.clock.steady_now()),
      events_(core.options.events_per_second, core.options.events_burst, core.parts.clock.steady_now()),
      renewals_(kRenewalsPerSecond, kRenewalsBurst, core.parts.clock.steady_now()),
      cosignatures_(kCosignaturesPerSecond, kCosignaturesBurst, core.parts.clock.steady_now()) {}

void AgentSession::open(std::shared_ptr<WebSocket> socket) {
  socket_ = std::move(socket);
  core_.metrics.connections.add(1);
}

void AgentSession::receive(std::string_view frame) {
  if (!messages_.take(1, core_.parts.clock.steady_now())) return close("too many messages");
  if (is_expired()) return close("certificate expired");
  auto envelope = protocol::parse_envelope(as_bytes(frame));
  const Result<void> outcome = envelope ? on_envelope(*envelope) : Result<void>{fail(std::move(envelope).error())};
  if (outcome) return;
  core_.metrics.protocol_errors.add();
  core_.parts.log.warning("gateway.session.closed", outcome.error().message,
                          {{"agent", agent_.text()}, {"tenant", scope_.tenant().text()}});
  close(outcome.error().message);
}

void AgentSession::closed() {
  if (!socket_) return;  // the upgrade never came to its end
  core_.metrics.connections.add(-1);
  if (!core_.leave(*this)) return;
  core_.parts.agents.record_disconnect(scope_, agent_);
}

void AgentSession::supersede() {
  close("another connection of this agent took its place");
}

Result<void> AgentSession::on_envelope(const protocol::Envelope& envelope) {
  const bool is_ready = [this] {
    const std::scoped_lock lock(mutex_);
    return is_ready_;
  }();
  if (envelope.has_hello() == is_ready) return fail(ErrorCode::Invalid, "a stream has one hello, at its start");
  switch (envelope.message_case()) {
    case protocol::Envelope::kHello:
      return on_hello(envelope.hello());
    case protocol::Envelope::kEvents:
      return on_batch(envelope.events());
    case protocol::Envelope::kPolicyResult:
      return on_policy_result(envelope.policy_result());
    case protocol::Envelope::kHeartbeat:
      return on_heartbeat(envelope.heartbeat());
    case protocol::Envelope::kCommandResult:
      return on_command_result(envelope.command_result());
    case protocol::Envelope::kCertificateRequest:
      return on_certificate_request(envelope.certificate_request());
    case protocol::Envelope::kContentGet:
      return on_content_get(envelope.content_get());
    case protocol::Envelope::kInventoryUpdate:
      return on_inventory(envelope.inventory_update());
    case protocol::Envelope::MESSAGE_NOT_SET:
      return {};  // of a later minor version: nothing we asked for
    case protocol::Envelope::kHelloAck:
    case protocol::Envelope::kAck:
    case protocol::Envelope::kPolicy:
    case protocol::Envelope::kHeartbeatAck:
    case protocol::Envelope::kCommand:
    case protocol::Envelope::kCertificateIssued:
    case protocol::Envelope::kContentOffer:
    case protocol::Envelope::kContentChunk:
    case protocol::Envelope::kInventoryAck:
      return fail(ErrorCode::Invalid, "a message that only managers send");
  }
  return {};
}

Result<void> AgentSession::on_hello(const protocol::Hello& hello) {
  core_.metrics.hellos.add();
  if (!core_.hello_bucket.take(core_.parts.clock.steady_now())) {
    refuse("busy; come back later");
    return {};
  }
  auto ack = accept_hello(hello);
  if (!ack) {
    refuse(ack.error().code == ErrorCode::NotFound ? removed_text() : ack.error().message);
    return {};
  }
  protocol::Envelope answer;
  *answer.mutable_hello_ack() = std::move(*ack);
  send(answer);
  {
    const std::scoped_lock lock(mutex_);
    is_ready_ = true;
  }
  // Commands of a connection that ended without an answer are sent again; the agent knows those it has done by id.
  WD_TRY(core_.parts.commands.requeue(scope_, agent_));
  refresh();
  return {};
}

Result<protocol::HelloAck> AgentSession::accept_hello(const protocol::Hello& hello) {
  protocol::HelloAck ack = WD_TRY(protocol::negotiate(hello, core_.options.protocol_minor));
  AgentHello report = read_hello(hello);
  const PolicyId policy = WD_TRY(core_.parts.agents.policy_of(scope_, agent_));
  const EffectivePolicy effective = WD_TRY(core_.parts.policies.effective(scope_, policy, agent_));
  report.address = socket_->peer().text();
  report.heartbeat_s = effective.heartbeat_s;
  report.certificate_expires = certificate_expires_;
  hostname_ = report.hostname;
  machine_ = report.machine;
  capabilities_ = {ack.capabilities().begin(), ack.capabilities().end()};
  const HelloOutcome outcome = WD_TRY(core_.parts.agents.record_hello(scope_, agent_, report));
  if (outcome.is_clone) tell_clone();
  if (!hello.spool_epoch().empty())
    ack.set_acknowledged(
        WD_TRY(core_.parts.events.acknowledged(scope_, agent_, spool_name(hello.spool_epoch(), machine_))));
  if (capabilities_.contains(kInventory)) WD_TRY(tell_inventory(ack));
  ack.set_baseline_key(
      std::string(as_text(core_.parts.tenants.derive_key(scope_, "integrity-baseline|" + agent_.text()))));
  ack.set_manager_time_us(to_micros(core_.parts.clock.now()));
  ack.set_heartbeat_s(static_cast<std::uint32_t>(effective.heartbeat_s));
  const std::scoped_lock lock(mutex_);
  policy_digest_ = report.policy_digest;
  heartbeat_s_ = effective.heartbeat_s;
  return ack;
}

void AgentSession::tell_clone() {
  core_.parts.log.warning("gateway.agent.clone", "the same agent identity is used on two machines",
                          {{"agent", agent_.text()}, {"host", hostname_}});
  if (!core_.should_tell_clone(*this)) return;
  Event event = make_own_event(core_.parts.clock.now(), "agent.clone", Severity::High);
  const auto stored = core_.parts.events.record(scope_, std::move(event), AgentRef{agent_, hostname_});
  if (!stored) core_.parts.log.error("gateway.event.lost", stored.error().message, {{"agent", agent_.text()}});
}

Result<void> AgentSession::on_batch(const protocol::EventBatch& batch) {
  protocol::Envelope answer;
  auto ack = store_batch(batch);
  if (ack) {
    *answer.mutable_ack() = std::move(*ack);
  } else {
    core_.metrics.batches_refused.add();
    answer.mutable_ack()->set_refused(std::string{name(ack.error().code)} + ": " + ack.error().message);
  }
  answer.mutable_ack()->set_spool_epoch(batch.spool_epoch());
  send(answer);
  return {};
}

Result<protocol::BatchAck> AgentSession::store_batch(const protocol::EventBatch& batch) {
  ReadBatch read = WD_TRY(read_batch(batch));
  const auto start = core_.parts.clock.steady_now();
  if (!events_.take(static_cast<double>(batch.events_size()), start))
    return fail(ErrorCode::TooMany, "more events than the manager takes from one agent; come back later");
  IngestResult stored = WD_TRY(core_.parts.events.ingest(
      scope_, {agent_, hostname_}, spool_name(batch.spool_epoch(), machine_), read.events, read.losses));
  const std::chrono::duration<double> taken = core_.parts.clock.steady_now() - start;
  core_.metrics.ingest_seconds.observe(taken.count());
  core_.metrics.events.add(stored.stored);
  core_.metrics.duplicates.add(stored.duplicates);
  protocol::BatchAck ack;
  ack.set_sequence(stored.acknowledged);
  for (const auto& poison : {read.poison, stored.poison}) ack.mutable_poison()->Add(poison.begin(), poison.end());
  core_.metrics.poison.add(static_cast<std::uint64_t>(ack.poison_size()));
  return ack;
}

Result<void> AgentSession::on_policy_result(const protocol::PolicyResult& result) {
  const std::string error = clean_text(result.error(), kMaxErrorText);
  const std::string digest = clean_text(result.digest(), 64);
  const bool is_refused = !result.applied();
  core_.parts.agents.record_policy_result(scope_, agent_, digest,
                                          is_refused && error.empty() ? "refused without a reason" : error);
  return {};
}

Result<void> AgentSession::on_heartbeat(const protocol::Heartbeat& heartbeat) {
  core_.metrics.heartbeats.add();
  const Timestamp now = core_.parts.clock.now();
  AgentHeartbeat report = read_heartbeat(heartbeat, now);
  {
    const std::scoped_lock lock(mutex_);
    report.heartbeat_s = heartbeat_s_;
  }
  core_.parts.agents.record_heartbeat(scope_, agent_, report);
  protocol::Envelope answer;
  answer.mutable_heartbeat_ack()->set_manager_time_us(to_micros(now));
  if (capabilities_.contains(kWitness)) {
    if (auto audit = core_.audit.answer(scope_, heartbeat.audit_held()))
      *answer.mutable_heartbeat_ack()->mutable_audit() = std::move(*audit);
  }
  send(answer);
  if (!heartbeat.cosignature().empty()) take_cosignature(heartbeat);
  return {};
}

void AgentSession::take_cosignature(const protocol::Heartbeat& heartbeat) {
  if (!cosignatures_.take(1, core_.parts.clock.steady_now())) return;
  const auto entries = static_cast<std::int64_t>(std::min<std::uint64_t>(heartbeat.audit_held(), INT64_MAX));
  if (!core_.parts.audit.take_cosignature(scope_, agent_, {heartbeat.cosigner(), entries, heartbeat.cosignature()}))
    core_.metrics.cosignatures_refused.add();
}

Result<void> AgentSession::on_command_result(const protocol::CommandResult& result) {
  const auto id = WD_TRY(parse_id<CommandId>(result.id()).in("command result"));
  std::string error = clean_text(result.error(), kMaxErrorText);
  if (!result.succeeded() && error.empty()) error = "failed without a reason";
  const auto finished = core_.parts.commands.finish(scope_, agent_, id, error, result.output());
  // One that expired or was answered before: nothing to do about it.
  if (!finished && finished.error().code != ErrorCode::NotFound) return finished;
  return {};
}

Result<void> AgentSession::on_certificate_request(const protocol::CertificateRequest& request) {
  protocol::Envelope answer;
  protocol::CertificateIssued& issued = *answer.mutable_certificate_issued();
  if (!renewals_.take(1, core_.parts.clock.steady_now())) {
    issued.set_refused("too many requests; come back later");
  } else if (auto pem = core_.parts.enrolment.renew(scope_, agent_, as_bytes(request.csr_der()))) {
    issued.set_certificate_pem(std::move(*pem));
  } else {
    issued.set_refused(std::move(pem).error().message);
  }
  send(answer);
  return {};
}

void AgentSession::refresh() {
  conclude([this]() -> Result<void> {
    const std::scoped_lock lock(mutex_);
    if (!is_ready_) return {};
    WD_TRY(send_policy(WD_TRY(core_.parts.agents.policy_of(scope_, agent_))));
    WD_TRY(send_content_offer(WD_TRY(core_.parts.content.wanted(scope_, agent_))));
    return send_commands();
  }());
}

void AgentSession::push(const std::optional<PolicyId>& policy, const std::vector<ContentPack>& content) {
  conclude([&]() -> Result<void> {
    const std::scoped_lock lock(mutex_);
    if (!is_ready_) return {};
    if (!policy) return fail(ErrorCode::NotFound, std::string{removed_text()});
    WD_TRY(send_policy(*policy));
    return send_content_offer(content);
  }());
}

void AgentSession::conclude(const Result<void>& sent) {
  if (sent) return;
  if (sent.error().code == ErrorCode::NotFound) return close(removed_text());
  core_.parts.log.warning("gateway.push.failed", sent.error().message, {{"agent", agent_.text()}});
}

Result<void> AgentSession::send_policy(const PolicyId& id) {
  if (!capabilities_.contains("policy.v1")) return {};
  EffectivePolicy policy = WD_TRY(core_.parts.policies.effective(scope_, id, agent_));
  content_names_ = policy.content_packs;
  if (policy.digest == policy_digest_) return {};
  policy_digest_ = policy.digest;
  heartbeat_s_ = policy.heartbeat_s;
  protocol::Envelope message;
  protocol::PolicyPush& push = *message.mutable_policy();
  push.set_digest(std::move(policy.digest));
  push.set_policy_id(policy.id.text());
  push.set_name(std::move(policy.name));
  push.set_document(std::move(policy.document));
  send(message);
  core_.metrics.pushes.add();
  return {};
}

Result<void> AgentSession::send_content_offer(const std::vector<ContentPack>& content) {
  if (!capabilities_.contains("content.v1")) return {};
  protocol::Envelope message;
  protocol::ContentOffer& offer = *message.mutable_content_offer();
  for (const ContentPack& pack : content) {
    if (!content_names_.empty() && std::ranges::find(content_names_, pack.name) == content_names_.end()) continue;
    protocol::ContentOffer::Pack& wire = *offer.add_packs();
    wire.set_name(pack.name);
    wire.set_digest(pack.digest);
    wire.set_bytes(static_cast<std::uint64_t>(pack.bytes));
  }
  std::string offered = protocol::serialize(message);
  if (offered == content_offered_ || (content_offered_.empty() && offer.packs().empty())) return {};
  content_offered_ = std::move(offered);
  send(message);
  return {};
}

Result<void> AgentSession::on_content_get(const protocol::ContentGet& request) {
  protocol::Envelope answer;
  protocol::ContentChunk& chunk = *answer.mutable_content_chunk();
  chunk.set_digest(request.digest());
  chunk.set_offset(request.offset());
  if (auto piece = core_.parts.content.fetch(scope_, request.digest(), request.offset())) {
    chunk.set_data(piece->data.data(), piece->data.size());
    chunk.set_last(piece->last);
  } else {
    chunk.set_error(std::move(piece).error().message);
  }
  send(answer);
  return {};
}

Result<void> AgentSession::tell_inventory(protocol::HelloAck& ack) {
  for (const InventoryList& list : WD_TRY(core_.parts.inventory.lists(scope_, agent_))) {
    protocol::InventoryState& state = *ack.add_inventory();
    state.set_kind(static_cast<std::uint32_t>(list.kind));
    state.set_digest(std::string(as_text(WD_TRY(from_hex(list.digest)))));
  }
  return {};
}

// Whatever goes wrong is told with the digest of what is stored: an agent that sees another than its own sends the list
// whole.
Result<void> AgentSession::on_inventory(const protocol::InventoryUpdate& update) {
  if (!capabilities_.contains(kInventory)) return fail(ErrorCode::Invalid, "an inventory that was not agreed on");
  auto change = inventory_.take(update);
  if (change && !*change) return {};  // more parts follow
  Result<void> applied =
      change ? core_.parts.inventory.apply(scope_, agent_, **change) : Result<void>{fail(std::move(change).error())};
  if (!applied && applied.error().code == ErrorCode::NotFound) return fail(std::move(applied).error());
  protocol::Envelope answer;
  protocol::InventoryAck& ack = *answer.mutable_inventory_ack();
  ack.set_kind(update.kind());
  for (const InventoryList& list : WD_TRY(core_.parts.inventory.lists(scope_, agent_))) {
    if (static_cast<std::uint32_t>(list.kind) == update.kind())
      ack.set_digest(std::string(as_text(WD_TRY(from_hex(list.digest)))));
  }
  if (!applied && applied.error().code != ErrorCode::Conflict) ack.set_refused(std::move(applied).error().message);
  send(answer);
  return {};
}

Result<void> AgentSession::send_commands() {
  if (!capabilities_.contains("commands.v1")) return {};
  for (const Command& command : WD_TRY(core_.parts.commands.take(scope_, agent_))) {
    protocol::Envelope message;
    protocol::Command& wire = *message.mutable_command();
    wire.set_id(command.id.text());
    wire.set_module(command.module);
    wire.set_name(command.name);
    wire.set_arguments(canonical_json(command.arguments));
    wire.set_expires_us(to_micros(command.expires));
    send(message);
  }
  return {};
}

void AgentSession::send(const protocol::Envelope& envelope) {
  // An agent that does not read is cut off: everything it missed comes again after its next hello.
  if (!socket_->send(protocol::serialize(envelope))) close("does not read what it is sent");
}

void AgentSession::refuse(std::string_view reason) {
  core_.metrics.refused.add();
  protocol::Envelope answer;
  protocol::HelloAck& ack = *answer.mutable_hello_ack();
  ack.set_protocol_major(protocol::kMajor);
  ack.set_protocol_minor(core_.options.protocol_minor);
  ack.set_manager_time_us(to_micros(core_.parts.clock.now()));
  ack.set_refused(std::string{reason});
  send(answer);
  close(reason);
}

void AgentSession::close(std::string_view reason) {
  constexpr std::size_t kMaxReason = 120;  // RFC 6455 §5.5: a close frame carries up to 123 bytes of text
  socket_->close(clean_text(reason, kMaxReason));
}

bool AgentSession::is_expired() const {
  return core_.parts.clock.now() >= certificate_expires_;
}

}  // namespace warder::manager
