#include "agent/uplink.h"

#include <sys/utsname.h>

#include <algorithm>

#include "agent/enrol.h"
#include "base/file.h"
#include "base/text.h"
#include "crypto/pki.h"
#include "protocol/token.h"

namespace warder::agent {

using protocol::Envelope;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Time = std::chrono::steady_clock::time_point;

namespace {

constexpr std::size_t kMaxOutbox = 100;
constexpr seconds kRefusedPause{2};
constexpr seconds kDefaultHeartbeat{30};
/// Silence of this many heartbeats ends the stream: the manager answers each.
constexpr int kSilentHeartbeats = 3;

bool is_sent_later(const Envelope& message) {
  return message.has_policy_result() || message.has_command_result();
}

std::string os_name() {
  const auto text = read_file("/etc/os-release", 65'536);
  if (!text) return "Linux";
  for (std::string_view line : split(*text, '\n')) {
    if (!line.starts_with("PRETTY_NAME=")) continue;
    line.remove_prefix(std::string_view("PRETTY_NAME=").size());
    if (line.size() >= 2 && line.front() == '"') line = line.substr(1, line.size() - 2);
    return std::string(line);
  }
  return "Linux";
}

std::string kernel_release() {
  utsname names{};
  return ::uname(&names) == 0 ? std::string(static_cast<const char*>(names.release)) : std::string();
}

}  // namespace

std::string_view UplinkStatus::state() const noexcept {
  if (condition == UplinkCondition::Idle) return "idle";
  if (condition == UplinkCondition::Connected) return "connected";
  if (reason.empty()) return "connecting";
  return std::string_view(reason).substr(reason.rfind('.') + 1);
}

/// What is said on one connection, from hello to its end.
class Uplink::Stream {
 public:
  Stream(Uplink& uplink, Connection& connection) : up_(uplink), connection_(connection) {}

  Result<void> run(const std::stop_token& stop) {
    WD_TRY(greet());
    while (!stop.stop_requested() && !is_done_) {
      WD_TRY(flush_outbox());
      WD_TRY(send_batch());
      WD_TRY(ask_for_certificate());
      auto message = WD_TRY(connection_.receive(next_deadline()));
      if (message) {
        last_heard_ = up_.clock_.steady_now();
        WD_TRY(take(*message));
      }
      WD_TRY(check_patience());
    }
    return {};
  }

 private:
  Result<void> send(const Envelope& message) { return connection_.send(protocol::serialize(message)); }

  Result<void> greet() {
    Envelope message;
    *message.mutable_hello() = up_.make_hello();
    WD_TRY(send(message));
    const Time until = up_.clock_.steady_now() + up_.options_.answer_patience;
    while (up_.clock_.steady_now() < until) {
      const auto answer = WD_TRY(connection_.receive(until));
      if (!answer) continue;
      const auto envelope = WD_TRY(protocol::parse_envelope(as_bytes(*answer)));
      if (envelope.has_hello_ack()) return begin(envelope.hello_ack());
    }
    return fail(ErrorCode::Timeout, "the manager did not answer the hello");
  }

  Result<void> begin(const protocol::HelloAck& ack) {
    if (!ack.refused().empty()) return fail(ErrorCode::Forbidden, "the manager refused this agent: " + ack.refused());
    if (ack.protocol_major() != protocol::kMajor) {
      return fail(ErrorCode::Forbidden, "the manager speaks protocol " + std::to_string(ack.protocol_major()));
    }
    const auto& offered = ack.capabilities();
    may_renew_ = std::ranges::find(offered, "renew.v1") != offered.end();
    if (ack.heartbeat_s() > 0) heartbeat_ = seconds{ack.heartbeat_s()};
    note_time(ack.manager_time_us());
    WD_TRY(resume(ack.acknowledged()));
    last_heard_ = up_.clock_.steady_now();
    up_.set_condition(UplinkCondition::Connected, "", "");
    up_.listener_.on_connected(ack);
    return {};
  }

  Result<void> resume(std::uint64_t acknowledged) {
    const SpoolStatus spool = up_.spool_.status();
    if (acknowledged <= spool.last) return up_.spool_.acknowledge(spool.epoch, acknowledged);
    up_.log_.warning("agent.spool.rewound", "the manager knows later events of this spool; a new epoch begins",
                     {{"manager", std::to_string(acknowledged)}, {"spool", std::to_string(spool.last)}});
    WD_TRY(up_.spool_.restart_epoch());
    is_done_ = true;  // say hello again with the new epoch
    return {};
  }

  void note_time(std::int64_t manager_time_us) {
    const std::lock_guard lock(up_.mutex_);
    up_.status_.clock_offset_ms = (manager_time_us - to_micros(up_.clock_.now())) / 1000;
  }

  Result<void> flush_outbox() {
    while (true) {
      Envelope message;
      {
        const std::lock_guard lock(up_.mutex_);
        if (up_.outbox_.empty()) return {};
        message = up_.outbox_.front();
      }
      WD_TRY(send(message));
      const std::lock_guard lock(up_.mutex_);
      if (!up_.outbox_.empty()) up_.outbox_.pop_front();
    }
  }

  Result<void> send_batch() {
    const Time now = up_.clock_.steady_now();
    if (in_flight_ || now < not_before_) return {};
    const SpoolStatus spool = up_.spool_.status();
    if (spool.last <= spool.acknowledged) return {};
    Envelope message;
    *message.mutable_events() =
        WD_TRY(up_.spool_.next_batch(up_.options_.max_batch_events, up_.options_.max_batch_bytes));
    if (message.events().events().empty() && message.events().losses().empty()) return {};
    WD_TRY(send(message));
    in_flight_ = now + up_.options_.answer_patience;
    return {};
  }

  Result<void> take_ack(const protocol::BatchAck& ack) {
    const SpoolStatus before = up_.spool_.status();
    if (!std::ranges::equal(as_bytes(ack.spool_epoch()), before.epoch)) return {};  // of an epoch that is over
    in_flight_.reset();
    if (!ack.refused().empty()) {
      up_.log_.warning("agent.uplink.batch-refused", "the manager refused a batch of events; it is sent again",
                       {{"reason", ack.refused()}});
    }
    if (ack.poison_size() > 0) {
      const std::vector<std::uint64_t> poison(ack.poison().begin(), ack.poison().end());
      up_.log_.warning("agent.uplink.poison", "the manager can't store some events; they are dropped",
                       {{"events", std::to_string(poison.size())}});
      WD_TRY(up_.spool_.discard(before.epoch, poison));
    }
    WD_TRY(up_.spool_.acknowledge(before.epoch, ack.sequence()));
    const bool has_moved = ack.sequence() > before.acknowledged || ack.poison_size() > 0;
    if (!ack.refused().empty() || !has_moved) not_before_ = up_.clock_.steady_now() + kRefusedPause;
    return {};
  }

  Result<void> ask_for_certificate() {
    if (!may_renew_ || renewal_key_ || up_.clock_.steady_now() < renewal_not_before_) return {};
    if (!is_renewal_due()) return {};
    renewal_key_ = crypto::KeyPair::generate();
    const Bytes csr = WD_TRY(crypto::make_csr(*renewal_key_));
    Envelope message;
    message.mutable_certificate_request()->set_csr_der(csr.data(), csr.size());
    return send(message);
  }

  /// By the manager's clock: ours may be days off.
  bool is_renewal_due() {
    const std::lock_guard lock(up_.mutex_);
    if (up_.wants_renewal_) return true;
    const auto life = certificate_life(up_.identity_);
    const Timestamp now = up_.clock_.now() + milliseconds{up_.status_.clock_offset_ms.value_or(0)};
    return life && now >= life->renew_from;
  }

  Result<void> take_certificate(const protocol::CertificateIssued& issued) {
    if (!renewal_key_) return {};
    const auto key = *std::exchange(renewal_key_, std::nullopt);
    renewal_not_before_ = up_.clock_.steady_now() + std::chrono::hours{1};
    auto renewed = install_certificate(key, issued);
    if (!renewed) {
      up_.log_.error("agent.certificate.refused", renewed.error().message, {});
      return {};
    }
    is_done_ = true;  // the next stream proves that the new certificate works
    up_.listener_.on_renewed(*renewed);
    return {};
  }

  Result<Timestamp> install_certificate(const crypto::KeyPair& key, const protocol::CertificateIssued& issued) {
    if (!issued.refused().empty()) return fail(ErrorCode::Forbidden, "renewal refused: " + issued.refused());
    const std::lock_guard lock(up_.mutex_);
    up_.wants_renewal_ = false;
    Identity next = up_.identity_;
    next.private_key_pem = key.private_pem;
    next.certificate_pem = issued.certificate_pem();
    const auto certificate = WD_TRY(crypto::read_certificate(next.certificate_pem));
    const std::string self = protocol::agent_uri(next.tenant, next.agent);
    if (std::ranges::find(certificate.uris, self) == certificate.uris.end()) {
      return fail(ErrorCode::Invalid, "the new certificate does not name this agent");
    }
    crypto::TlsClientOptions pair;
    pair.ca_pem = next.ca_pem;
    pair.certificate_chain_pem = next.certificate_pem;
    pair.private_key_pem = next.private_key_pem;
    WD_TRY(crypto::TlsClientContext::create(std::move(pair)).in("the new certificate"));
    WD_TRY(save_renewal(up_.options_.identity_directory, next.private_key_pem, next.certificate_pem));
    up_.identity_ = std::move(next);
    up_.status_.certificate_expires = certificate.not_after;
    return certificate.not_after;
  }

  Result<void> request_content(const std::optional<protocol::ContentGet>& request) {
    if (!request) return {};
    Envelope message;
    *message.mutable_content_get() = *request;
    return send(message);
  }

  Result<void> take(const std::string& bytes) {
    auto envelope = WD_TRY(protocol::parse_envelope(as_bytes(bytes)).in("from the manager"));
    if (envelope.has_ack()) return take_ack(envelope.ack());
    if (envelope.has_certificate_issued()) return take_certificate(envelope.certificate_issued());
    if (envelope.has_heartbeat_ack()) note_time(envelope.heartbeat_ack().manager_time_us());
    if (envelope.has_heartbeat_ack() && envelope.heartbeat_ack().has_audit())
      up_.listener_.on_audit(std::move(*envelope.mutable_heartbeat_ack()->mutable_audit()));
    if (envelope.has_policy()) up_.listener_.on_policy(std::move(*envelope.mutable_policy()));
    if (envelope.has_command()) up_.listener_.on_command(std::move(*envelope.mutable_command()));
    if (envelope.has_inventory_ack()) up_.listener_.on_module_message(std::move(envelope));
    if (up_.content_ == nullptr) return {};
    if (envelope.has_content_offer()) return request_content(up_.content_->on_offer(envelope.content_offer()));
    if (envelope.has_content_chunk()) return request_content(up_.content_->on_chunk(envelope.content_chunk()));
    return {};  // of a later minor version: not ours to understand
  }

  [[nodiscard]] Time next_deadline() const {
    Time next = last_heard_ + heartbeat_ * kSilentHeartbeats;
    if (in_flight_) next = std::min(next, *in_flight_);
    const Time now = up_.clock_.steady_now();
    if (not_before_ > now) next = std::min(next, not_before_);
    return std::min(next, now + std::chrono::minutes{1});
  }

  Result<void> check_patience() const {
    const Time now = up_.clock_.steady_now();
    if (in_flight_ && now >= *in_flight_) return fail(ErrorCode::Timeout, "the manager did not acknowledge a batch");
    if (now < last_heard_ + heartbeat_ * kSilentHeartbeats) return {};
    return fail(ErrorCode::Timeout, "the manager has been silent for too long");
  }

  Uplink& up_;
  Connection& connection_;
  seconds heartbeat_ = kDefaultHeartbeat;
  bool may_renew_ = false;
  bool is_done_ = false;
  std::optional<Time> in_flight_;  // when its acknowledgement is overdue; one batch at a time
  Time not_before_;                // of the next batch
  Time renewal_not_before_;
  Time last_heard_;
  std::optional<crypto::KeyPair> renewal_key_;
};

Uplink::Uplink(UplinkOptions options, Identity identity, const UplinkParts& parts)
    : options_(std::move(options)),
      spool_(parts.spool),
      dialer_(parts.dialer),
      listener_(parts.listener),
      content_(parts.content),
      clock_(parts.clock),
      log_(parts.log),
      identity_(std::move(identity)) {
  if (const auto life = certificate_life(identity_)) status_.certificate_expires = life->expires;
}

Uplink::~Uplink() {
  thread_.request_stop();
  wake();
}

void Uplink::start() {
  thread_ = std::jthread([this](const std::stop_token& stop) { run(stop); });
}

void Uplink::wake() {
  const std::lock_guard lock(mutex_);
  if (connection_ != nullptr) connection_->wake();
}

void Uplink::send(Envelope message) {
  const std::lock_guard lock(mutex_);
  if (connection_ == nullptr && !is_sent_later(message)) return;
  outbox_.push_back(std::move(message));
  if (outbox_.size() > kMaxOutbox) outbox_.pop_front();
  if (connection_ != nullptr) connection_->wake();
}

void Uplink::set_policy_digest(std::string digest) {
  const std::lock_guard lock(mutex_);
  policy_digest_ = std::move(digest);
}

void Uplink::renew() {
  const std::lock_guard lock(mutex_);
  wants_renewal_ = true;
  if (connection_ != nullptr) connection_->wake();
}

Identity Uplink::identity() const {
  const std::lock_guard lock(mutex_);
  return identity_;
}

UplinkStatus Uplink::status() const {
  const std::lock_guard lock(mutex_);
  return status_;
}

void Uplink::run(const std::stop_token& stop) {
  Backoff backoff(options_.reconnect_first, options_.reconnect_longest, options_.dice);
  // Agents that know several managers spread over them.
  std::size_t next = options_.managers.empty() ? 0 : options_.dice(options_.managers.size());
  while (!stop.stop_requested() && !options_.managers.empty()) {
    const std::string& manager = options_.managers[next % options_.managers.size()];
    const auto connects = status().connects;
    auto done = serve(stop, manager);
    if (stop.stop_requested()) break;
    if (status().connects > connects) backoff.reset();
    if (done) continue;  // ended by our own will
    next += 1;
    const auto pause_time = backoff.next();
    set_condition(UplinkCondition::Waiting, reason_of(done.error()), done.error().message);
    log_.warning(reason_of(done.error()), done.error().message,
                 {{"manager", manager}, {"retry_ms", std::to_string(pause_time.count())}});
    pause(stop, pause_time);
  }
  set_condition(UplinkCondition::Idle, "", "");
}

Result<void> Uplink::serve(const std::stop_token& stop, const std::string& manager) {
  {
    const std::lock_guard lock(mutex_);
    status_.manager = manager;
  }
  set_condition(UplinkCondition::Connecting, "", "");
  auto target = WD_TRY(make_target(manager));
  target.stop = stop;
  const auto connection = WD_TRY(dialer_.dial(target));
  {
    const std::lock_guard lock(mutex_);
    connection_ = connection.get();
  }
  auto done = Stream(*this, *connection).run(stop);
  const std::lock_guard lock(mutex_);
  connection_ = nullptr;
  return done;
}

Result<DialTarget> Uplink::make_target(const std::string& manager) const {
  DialTarget target;
  target.manager = WD_TRY(parse_manager_url(manager));
  target.proxy = options_.proxy;
  crypto::TlsClientOptions tls;
  tls.server_name = target.manager.host;
  tls.tls13_only = true;
  {
    const std::lock_guard lock(mutex_);
    tls.ca_pem = identity_.ca_pem;
    tls.certificate_chain_pem = identity_.certificate_pem;
    tls.private_key_pem = identity_.private_key_pem;
  }
  target.tls = WD_TRY(crypto::TlsClientContext::create(std::move(tls)));
  return target;
}

protocol::Hello Uplink::make_hello() const {
  const SpoolStatus spool = spool_.status();
  protocol::Hello hello;
  hello.set_protocol_major(protocol::kMajor);
  hello.set_protocol_minor(protocol::kMinor);
  for (const char* capability : {"events.v1", "policy.v1", "commands.v1", "renew.v1", "inventory.v1", "witness.v1"}) {
    hello.add_capabilities(capability);
  }
  if (content_ != nullptr) hello.add_capabilities("content.v1");
  hello.set_agent_version(WARDER_VERSION);
  hello.set_hostname(read_hostname());
  hello.set_os(os_name());
  hello.set_kernel(kernel_release());
  hello.set_spool_epoch(spool.epoch.data(), spool.epoch.size());
  hello.set_spool_first(spool.first);
  hello.set_spool_last(spool.last);
  const auto boot = read_file("/proc/sys/kernel/random/boot_id", 64);
  if (boot) hello.set_boot_id(std::string(trim(*boot)));
  const std::lock_guard lock(mutex_);
  hello.set_machine_id(machine_fingerprint(read_machine_id(), identity_.agent));
  hello.set_policy_digest(policy_digest_);
  return hello;
}

void Uplink::set_condition(UplinkCondition condition, std::string_view reason, std::string_view error) {
  {
    const std::lock_guard lock(mutex_);
    status_.condition = condition;
    if (condition == UplinkCondition::Connected) {
      status_.connected_since = clock_.now();
      status_.connects += 1;
    } else {
      status_.connected_since.reset();
    }
    // While it tries again, the reason of the last failure still tells why there is no stream.
    if (condition != UplinkCondition::Connecting) status_.reason = reason;
    if (!error.empty()) status_.error = error;
  }
  listener_.on_state_change();
}

std::string_view Uplink::reason_of(const Error& error) const {
  const auto says = [&](std::string_view words) { return error.message.find(words) != std::string::npos; };
  if (clock_.now() >= status().certificate_expires || says("alert certificate expired")) {
    return "agent.uplink.certificate-expired";
  }
  // OpenSSL's words for the manager's certificate (x509_txt.c).
  if (says("certificate is not yet valid") || says("certificate has expired")) return "agent.uplink.certificate-time";
  if (error.code == ErrorCode::Unauthenticated) return "agent.uplink.manager-unknown";
  if (error.code == ErrorCode::Forbidden) return "agent.uplink.refused";
  return "agent.uplink.unreachable";
}

void Uplink::pause(const std::stop_token& stop, milliseconds time) {
  std::unique_lock lock(mutex_);
  paused_.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace warder::agent
