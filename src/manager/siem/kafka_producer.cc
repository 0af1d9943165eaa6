#include "manager/siem/kafka_producer.h"

#include <librdkafka/rdkafka.h>

#include <array>
#include <cerrno>
#include <cstring>

#include "base/text.h"

namespace warder::manager {
namespace {

KafkaFate fate_of(rd_kafka_resp_err_t code) noexcept {
  if (code == RD_KAFKA_RESP_ERR_NO_ERROR) return KafkaFate::Delivered;
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) return KafkaFate::TooLarge;
  if (code == RD_KAFKA_RESP_ERR_INVALID_MSG || code == RD_KAFKA_RESP_ERR_INVALID_RECORD) return KafkaFate::Invalid;
  return KafkaFate::Failed;
}

ErrorCode meaning_of(rd_kafka_resp_err_t code) noexcept {
  if (code == RD_KAFKA_RESP_ERR__AUTHENTICATION || code == RD_KAFKA_RESP_ERR_SASL_AUTHENTICATION_FAILED ||
      code == RD_KAFKA_RESP_ERR__SSL)
    return ErrorCode::Unauthenticated;
  if (code == RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED || code == RD_KAFKA_RESP_ERR_CLUSTER_AUTHORIZATION_FAILED)
    return ErrorCode::Forbidden;
  if (code == RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC || code == RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART)
    return ErrorCode::NotFound;
  if (code == RD_KAFKA_RESP_ERR__MSG_TIMED_OUT || code == RD_KAFKA_RESP_ERR__TIMED_OUT) return ErrorCode::Timeout;
  return ErrorCode::Unavailable;
}

bool is_about_connecting(rd_kafka_resp_err_t code) noexcept {
  return code == RD_KAFKA_RESP_ERR__RESOLVE || code == RD_KAFKA_RESP_ERR__TRANSPORT || code == RD_KAFKA_RESP_ERR__SSL ||
         code == RD_KAFKA_RESP_ERR__AUTHENTICATION;
}

rd_kafka_vu_t text_value(rd_kafka_vtype_t type, std::string_view text) {
  rd_kafka_vu_t value{};
  value.vtype = type;
  value.u.mem.ptr = const_cast<char*>(text.data());
  value.u.mem.size = text.size();
  return value;
}

rd_kafka_vu_t header(const char* name, std::string_view text) {
  rd_kafka_vu_t value{};
  value.vtype = RD_KAFKA_VTYPE_HEADER;
  value.u.header.name = name;
  value.u.header.val = text.data();
  value.u.header.size = static_cast<ssize_t>(text.size());
  return value;
}

}  // namespace

struct KafkaProducer::Native {
  rd_kafka_t* handle = nullptr;

  static KafkaProducer& of(void* opaque) { return *static_cast<KafkaProducer*>(opaque); }

  // In librdkafka's threads. The address is the one that is connected to, of every broker that the first ones name.
  static int connect(int socket, const sockaddr* address, int size, const char* /*broker*/, void* opaque) {
    KafkaProducer& self = of(opaque);
    const auto plain = sinks::from_native(*address);
    if (!plain || (self.may_reach_ && !self.may_reach_(*plain))) {
      self.has_forbidden_ = true;
      return EACCES;
    }
    if (::connect(socket, address, static_cast<socklen_t>(size)) == 0 || errno == EINPROGRESS) return 0;
    return errno;
  }
  // The others within poll().
  static void report(rd_kafka_t* /*handle*/, const rd_kafka_message_t* message, void* opaque) {
    of(opaque).on_report(reinterpret_cast<std::size_t>(message->_private), message->err);
  }
  static void error(rd_kafka_t* /*handle*/, int code, const char* reason, void* opaque) {
    of(opaque).on_error(code, reason);
  }
  static void log(const rd_kafka_t* /*handle*/, int /*level*/, const char* /*facility*/, const char* /*text*/) {}
};

KafkaProducer::KafkaProducer(sinks::MayReach may_reach)
    : may_reach_(std::move(may_reach)), native_(std::make_unique<Native>()) {}

Result<std::unique_ptr<KafkaProducer>> KafkaProducer::create(const Properties& properties, sinks::MayReach may_reach) {
  std::unique_ptr<KafkaProducer> producer(new KafkaProducer(std::move(may_reach)));
  std::array<char, 512> why{};
  std::unique_ptr<rd_kafka_conf_t, decltype(&rd_kafka_conf_destroy)> conf(rd_kafka_conf_new(), &rd_kafka_conf_destroy);
  for (const auto& [key, value] : properties) {
    if (rd_kafka_conf_set(conf.get(), key.c_str(), value.c_str(), why.data(), why.size()) != RD_KAFKA_CONF_OK)
      return fail(ErrorCode::Invalid, key + ": cannot be used");  // `why` may hold the value
  }
  rd_kafka_conf_set_opaque(conf.get(), producer.get());
  rd_kafka_conf_set_connect_cb(conf.get(), &Native::connect);
  rd_kafka_conf_set_dr_msg_cb(conf.get(), &Native::report);
  rd_kafka_conf_set_error_cb(conf.get(), &Native::error);
  rd_kafka_conf_set_log_cb(conf.get(), &Native::log);
  producer->native_->handle = rd_kafka_new(RD_KAFKA_PRODUCER, conf.get(), why.data(), why.size());
  if (producer->native_->handle == nullptr)
    return fail(ErrorCode::Invalid, "the certificates, the key or what else is set cannot be used");
  static_cast<void>(conf.release());  // the producer's now
  return producer;
}

KafkaProducer::~KafkaProducer() {
  if (native_->handle == nullptr) return;
  rd_kafka_purge(native_->handle, RD_KAFKA_PURGE_F_QUEUE | RD_KAFKA_PURGE_F_INFLIGHT | RD_KAFKA_PURGE_F_NON_BLOCKING);
  rd_kafka_destroy(native_->handle);
}

Result<void> KafkaProducer::produce(const KafkaMessage& message) {
  const std::string topic(message.topic);
  rd_kafka_vu_t to{};
  to.vtype = RD_KAFKA_VTYPE_TOPIC;
  to.u.cstr = topic.c_str();
  rd_kafka_vu_t flags{};
  flags.vtype = RD_KAFKA_VTYPE_MSGFLAGS;
  flags.u.i = RD_KAFKA_MSG_F_COPY;
  rd_kafka_vu_t number{};
  number.vtype = RD_KAFKA_VTYPE_OPAQUE;
  number.u.ptr = reinterpret_cast<void*>(first_ + fates_.size());
  const std::array values{to,
                          flags,
                          number,
                          text_value(RD_KAFKA_VTYPE_KEY, message.key),
                          text_value(RD_KAFKA_VTYPE_VALUE, message.payload),
                          header("event-id", message.event_id),
                          header("content-type", message.content_type)};
  rd_kafka_error_t* const error = rd_kafka_produceva(native_->handle, values.data(), values.size());
  if (error == nullptr) {
    fates_.push_back(KafkaFate::Waiting);
    return {};
  }
  const rd_kafka_resp_err_t code = rd_kafka_error_code(error);
  rd_kafka_error_destroy(error);
  if (code == RD_KAFKA_RESP_ERR__QUEUE_FULL) return fail(ErrorCode::TooMany, "too many messages wait");
  if (code == RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE) return fail(ErrorCode::TooLarge, rd_kafka_err2str(code));
  return fail(meaning_of(code), rd_kafka_err2str(code));
}

void KafkaProducer::poll(std::chrono::milliseconds patience) {
  if (fates_.empty()) detail_.clear();
  const bool was_waiting = !fates_.empty();
  rd_kafka_poll(native_->handle, static_cast<int>(patience.count()));
  // A connection that ends while nothing waits is nobody's loss.
  if (!was_waiting && failure_ && rd_kafka_fatal_error(native_->handle, nullptr, 0) == RD_KAFKA_RESP_ERR_NO_ERROR)
    failure_.reset();
}

void KafkaProducer::forget(std::size_t count) {
  fates_.erase(fates_.begin(), fates_.begin() + static_cast<std::ptrdiff_t>(count));
  first_ += count;
}

void KafkaProducer::on_report(std::size_t number, int code) {
  if (number < first_ || number - first_ >= fates_.size()) return;
  const auto known = static_cast<rd_kafka_resp_err_t>(code);
  fates_[number - first_] = fate_of(known);
  if (known == RD_KAFKA_RESP_ERR_NO_ERROR || failure_) return;
  failure_ = has_forbidden_
                 ? Error{ErrorCode::Forbidden, "a broker is at an address that this tenant's events may not be sent to"}
                 : Error{meaning_of(known), std::string(rd_kafka_err2str(known)) + detail_};
}

void KafkaProducer::on_error(int code, std::string_view reason) {
  constexpr std::size_t kMost = 200;
  const auto known = static_cast<rd_kafka_resp_err_t>(code);
  // Only what this side says itself: a broker's own words may hold anything.
  const bool is_own = is_about_connecting(known) && known != RD_KAFKA_RESP_ERR__AUTHENTICATION;
  if (is_about_connecting(known))
    detail_ = is_own ? ": " + std::string(cut_utf8(reason, kMost)) : ": " + std::string(rd_kafka_err2str(known));
  const bool is_final = known == RD_KAFKA_RESP_ERR__FATAL || known == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN ||
                        known == RD_KAFKA_RESP_ERR__AUTHENTICATION;
  if (!is_final || failure_) return;
  failure_ = has_forbidden_
                 ? Error{ErrorCode::Forbidden, "a broker is at an address that this tenant's events may not be sent to"}
                 : Error{meaning_of(known), std::string(rd_kafka_err2str(known)) + detail_};
}

}  // namespace warder::manager
