#include "engines/ips/app/mqtt.h"

#include <algorithm>
#include <array>

#include "engines/ips/app/cursor.h"
#include "engines/ips/app/field_transaction.h"

namespace warder::ips::app {
namespace {

enum Event : std::uint8_t {
  MissingConnect,
  MissingPublish,
  MissingSubscribe,
  MissingUnsubscribe,
  DoubleConnect,
  UnintroducedMessage,
  InvalidQos,
  MissingMessageId,
  UnassignedType,
  TooManyTransactions,
  MalformedTraffic
};
constexpr std::array<std::string_view, 11> kEvents = {
    "missing_connect",     "missing_publish",       "missing_subscribe", "missing_unsubscribe",
    "double_connect",      "unintroduced_message",  "invalid_qos_level", "missing_msg_id",
    "unassigned_msg_type", "too_many_transactions", "malformed_traffic"};

enum Type : std::uint8_t {
  Unassigned,
  Connect,
  ConnAck,
  Publish,
  PubAck,
  PubRec,
  PubRel,
  PubComp,
  Subscribe,
  SubAck,
  Unsubscribe,
  UnsubAck,
  PingReq,
  PingResp,
  Disconnect,
  Auth
};

constexpr std::size_t kMaxPacket = 48UL * 1024;  // of a packet larger than this only the start is read

struct Head {
  std::size_t header = 0;  // bytes of the fixed header; 0: not whole yet
  std::size_t size = 0;    // of what follows
  bool is_wrong = false;
};

Head read_head(ByteView bytes) {
  Head head;
  for (std::size_t i = 1; i < bytes.size() && i <= 4; ++i) {
    head.size |= (bytes[i] & 0x7fUL) << (7 * (i - 1));
    if ((bytes[i] & 0x80U) == 0) {
      head.header = i + 1;
      return head;
    }
  }
  head.is_wrong = bytes.size() > 4;
  return head;
}

// A length as a variable byte integer, as properties have it (MQTT 5 §2.2.2).
std::size_t read_variable(Cursor& in) {
  std::size_t value = 0;
  for (unsigned shift = 0; shift < 28; shift += 7) {
    const std::uint8_t byte = in.u8();
    value |= (byte & 0x7fUL) << shift;
    if ((byte & 0x80U) == 0) break;
  }
  return value;
}

class MqttParser final : public Parser {
 public:
  Fed feed(Direction direction, ByteView bytes) override {
    std::size_t& skip = skip_[index(direction)];
    std::size_t consumed = 0;
    while (consumed < bytes.size()) {
      const ByteView rest = bytes.subspan(consumed);
      if (skip > 0) {
        const std::size_t part = std::min(skip, rest.size());
        skip -= part;
        consumed += part;
        continue;
      }
      const Head head = read_head(rest);
      if (head.is_wrong) return Fed::error();
      if (head.header == 0) return Fed::ok(consumed, 2);
      const std::size_t kept = std::min(head.size, kMaxPacket);
      if (rest.size() < head.header + kept) return Fed::ok(consumed, head.header + kept);
      note_frame(FrameId::MqttPdu, direction, rest.first(head.header + kept));
      note_frame(FrameId::MqttHeader, direction, rest.first(head.header));
      note_frame(FrameId::MqttData, direction, rest.subspan(head.header, kept));
      take(direction, rest[0], rest.subspan(head.header, kept));
      skip = head.size - kept;
      consumed += head.header + kept;
    }
    return Fed::ok(consumed);
  }

  void end(Direction /*direction*/, ByteView /*rest*/) override {}

 private:
  void take(Direction direction, std::uint8_t first, ByteView body) {
    auto tx = std::make_unique<FieldTransaction>();
    const auto type = static_cast<Type>(first >> 4U);
    const std::uint8_t qos = first >> 1U & 3U;
    Cursor in{body};
    tx->put(NumberId::MqttType, direction, type);
    tx->put(NumberId::MqttFlags, direction, first & 0x0fU);
    if (type == Unassigned || (type == Auth && version_ < 5)) tx->raise(UnassignedType, direction);
    if (type == Publish && qos == 3) tx->raise(InvalidQos, direction);
    if (type != Connect && !has_connect_) {
      tx->raise(type == ConnAck ? MissingConnect : UnintroducedMessage, direction);
    }
    take_body(direction, type, qos, in, *tx);
    tx->put(NumberId::MqttQos, direction, qos);
    tx->put(NumberId::MqttProtocolVersion, direction, version_);
    if (!in.is_ok()) tx->raise(MalformedTraffic, direction);
    tx->complete_only(direction);
    transactions_.add(std::move(tx));
  }

  void take_body(Direction direction, Type type, std::uint8_t qos, Cursor& in, FieldTransaction& tx) {
    switch (static_cast<std::uint8_t>(type)) {
      case Connect:
        take_connect(direction, in, tx);
        break;
      case ConnAck:
        in.skip(1);
        tx.put(NumberId::MqttReasonCode, direction, in.u8());
        break;
      case Publish: {
        tx.put(BufferId::MqttPublishTopic, direction, in.take(in.u16()));
        if (qos > 0) in.skip(2);
        if (version_ >= 5) in.skip(read_variable(in));
        tx.put(BufferId::MqttPublishMessage, direction, in.take_rest());
        break;
      }
      case UnsubAck:
        in.skip(2);
        if (version_ < 5) break;
        in.skip(read_variable(in));
        while (in.is_ok() && !in.is_at_end()) tx.put(NumberId::MqttReasonCode, direction, in.u8());
        break;
      case Subscribe:
      case Unsubscribe:
        take_topics(direction, type, in, tx);
        break;
      case Disconnect:
        if (version_ >= 5) tx.put(NumberId::MqttReasonCode, direction, in.is_at_end() ? 0U : in.u8());
        break;
      default:
        break;
    }
  }

  void take_connect(Direction direction, Cursor& in, FieldTransaction& tx) {
    if (std::exchange(has_connect_, true)) tx.raise(DoubleConnect, direction);
    tx.put(BufferId::MqttConnectProtocol, direction, in.take(in.u16()));
    version_ = in.u8();
    const std::uint8_t flags = in.u8();
    tx.put(NumberId::MqttConnectFlags, direction, flags);
    in.skip(2);  // keep alive
    if (version_ >= 5) in.skip(read_variable(in));
    tx.put(BufferId::MqttConnectClientId, direction, in.take(in.u16()));
    if ((flags & 0x04U) != 0) {
      if (version_ >= 5) in.skip(read_variable(in));
      tx.put(BufferId::MqttConnectWillTopic, direction, in.take(in.u16()));
      tx.put(BufferId::MqttConnectWillMessage, direction, in.take(in.u16()));
    }
    if ((flags & 0x80U) != 0) tx.put(BufferId::MqttConnectUsername, direction, in.take(in.u16()));
    if ((flags & 0x40U) != 0) tx.put(BufferId::MqttConnectPassword, direction, in.take(in.u16()));
  }

  void take_topics(Direction direction, Type type, Cursor& in, FieldTransaction& tx) const {
    in.skip(2);
    if (version_ >= 5) in.skip(read_variable(in));
    while (in.is_ok() && !in.is_at_end()) {
      const ByteView topic = in.take(in.u16());
      if (type == Subscribe) in.skip(1);
      if (in.is_ok())
        tx.put(type == Subscribe ? BufferId::MqttSubscribeTopic : BufferId::MqttUnsubscribeTopic, direction, topic);
    }
  }

  std::size_t skip_[2] = {0, 0};
  std::uint8_t version_ = 4;
  bool has_connect_ = false;
};

Probe probe_mqtt(Direction direction, ByteView bytes, const ProbeHint& hint) {
  if (direction == Direction::ToClient) {
    const bool has_port = hint.server_port == 1883;
    return has_port && bytes.size() >= 4 && bytes[0] == 0x20 && bytes[2] <= 1 ? Probe::Yes : Probe::No;
  }
  if (bytes[0] != 0x10) return Probe::No;
  const Head head = read_head(bytes);
  if (head.is_wrong) return Probe::No;
  if (head.header == 0 || bytes.size() < head.header + 8) return Probe::More;
  const std::string_view body = as_text(bytes.subspan(head.header));
  return body.starts_with(std::string_view{"\0\4MQTT", 6}) || body.starts_with(std::string_view{"\0\6MQIsdp", 8})
             ? Probe::Yes
             : Probe::No;
}

}  // namespace

const ParserInfo& mqtt_info() noexcept {
  static constexpr ParserInfo kInfo{Protocol::Mqtt,
                                    true,
                                    false,
                                    probe_mqtt,
                                    [](const Limits& /*limits*/, const FlowInfo& /*flow*/) -> std::unique_ptr<Parser> {
                                      return std::make_unique<MqttParser>();
                                    },
                                    kEvents,
                                    0};
  return kInfo;
}

}  // namespace warder::ips::app
