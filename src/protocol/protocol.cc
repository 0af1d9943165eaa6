#include "protocol/protocol.h"

#include <algorithm>
#include <optional>

#include "base/text.h"

namespace warder::protocol {
namespace {

constexpr std::size_t kMaxNameBytes = 128;                    // message ids, field keys and rule ids
constexpr std::int64_t kEndOfTime = 253'402'300'800'000'000;  // 10000-01-01: what RFC 3339 cannot write

tl::unexpected<Error> wrong(std::string_view field, std::string_view what) {
  return fail(ErrorCode::Invalid, std::string(field).append(": ").append(what));
}

bool is_name(std::string_view text) noexcept {
  constexpr std::string_view kCharacters = "abcdefghijklmnopqrstuvwxyz0123456789._-";
  return !text.empty() && text.size() <= kMaxNameBytes && text.find_first_not_of(kCharacters) == std::string_view::npos;
}

Result<void> check_text(std::string_view field, std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes) return wrong(field, "has more than " + std::to_string(max_bytes) + " bytes");
  if (!is_utf8(text)) return wrong(field, "is not UTF-8");
  return {};
}

/// The enumerator with this number, which must be one of `known`.
template <class Enum, std::size_t Count>
Result<Enum> enumerator(const std::array<Enum, Count>& known, std::string_view field, std::uint32_t number) {
  for (const Enum value : known) {
    if (static_cast<std::uint32_t>(value) == number) return value;
  }
  return wrong(field, "no meaning is known for " + std::to_string(number));
}

void value_to_wire(const EventValue& value, Value* out) {
  struct Setter {
    Value* out;
    void operator()(std::int64_t number) const { out->set_integer(number); }
    void operator()(const std::string& text) const { out->set_text(text); }
    void operator()(bool flag) const { out->set_boolean(flag); }
  };
  std::visit(Setter{out}, value);
}

Result<EventValue> value_from_wire(std::string_view key, const Value& value) {
  switch (value.kind_case()) {
    case Value::kInteger:
      return EventValue{value.integer()};
    case Value::kText:
      WD_TRY(check_text(key, value.text(), kMaxEventTextBytes));
      return EventValue{value.text()};
    case Value::kBoolean:
      return EventValue{value.boolean()};
    case Value::KIND_NOT_SET:
      break;
  }
  return wrong(key, "has no value");
}

Result<void> fields_from_wire(const Event& event, warder::Event& out) {
  if (static_cast<std::size_t>(event.fields_size()) > kMaxEventFields) {
    return wrong("fields", "more than " + std::to_string(kMaxEventFields));
  }
  for (const auto& [key, value] : event.fields()) {
    if (!is_name(key)) return wrong("fields", "a key is not made of a-z 0-9 . _ - or is too long");
    out.set(key, WD_TRY(value_from_wire(key, value)));
  }
  return {};
}

/// Walks one message of the wire format, field by field (protobuf encoding guide: tag, then varint, 8, length or 4
/// bytes).
class WireWalker {
 public:
  explicit WireWalker(ByteView bytes) : reader_(bytes) {}

  struct Field {
    std::uint64_t number;
    ByteView content;  // of length-delimited fields, else empty
  };

  /// The next field; nothing at the end or where the bytes are torn, which the real parser will report.
  std::optional<Field> next() {
    const auto tag = varint();
    if (!tag) return std::nullopt;
    Field field{*tag >> 3, {}};
    switch (*tag & 7) {
      case 0:
        return varint() ? std::optional(field) : std::nullopt;
      case 1:
        return reader_.skip(8) ? std::optional(field) : std::nullopt;
      case 5:
        return reader_.skip(4) ? std::optional(field) : std::nullopt;
      case 2: {
        const auto length = varint();
        const auto content = length ? reader_.take(*length) : Result<ByteView>(fail(ErrorCode::Corrupt, ""));
        if (!content) return std::nullopt;
        field.content = *content;
        return field;
      }
      default:
        return std::nullopt;
    }
  }

 private:
  std::optional<std::uint64_t> varint() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto byte = reader_.u8();
      if (!byte) return std::nullopt;
      value |= std::uint64_t{*byte & 0x7fU} << shift;
      if (*byte < 0x80) return value;
    }
    return std::nullopt;
  }

  Reader reader_;
};

/// The events of a batch, counted before anything is allocated for them: two bytes of an empty event become an object
/// of a hundred.
std::size_t count_events(ByteView frame) {
  std::size_t count = 0;
  WireWalker envelope(frame);
  while (const auto message = envelope.next()) {
    if (message->number != Envelope::kEventsFieldNumber) continue;
    WireWalker batch(message->content);
    while (const auto field = batch.next()) {
      if (field->number == EventBatch::kEventsFieldNumber || field->number == EventBatch::kLossesFieldNumber) ++count;
    }
  }
  return count;
}

}  // namespace

void to_wire(const warder::Event& event, Event* out) {
  out->set_time_us(to_micros(event.time));
  out->set_id(std::string(as_text(event.id.uuid.bytes)));
  out->set_module(static_cast<std::uint32_t>(event.module));
  out->set_type(event.type);
  out->set_severity(static_cast<std::uint32_t>(event.severity));
  out->set_action(static_cast<std::uint32_t>(event.action));
  out->set_rule(event.rule);
  for (const auto& [key, value] : event.fields) value_to_wire(value, &(*out->mutable_fields())[key]);
}

Result<warder::Event> from_wire(const Event& event) {
  warder::Event out;
  if (event.time_us() < 0 || event.time_us() >= kEndOfTime) return wrong("time_us", "not in the years 1970 to 9999");
  out.time = from_micros(event.time_us());
  out.id = EventId{WD_TRY(uuid_from_bytes(as_bytes(event.id())).in("id"))};
  out.module = WD_TRY(enumerator(kModuleKinds, "module", event.module()));
  out.severity = WD_TRY(enumerator(kSeverities, "severity", event.severity()));
  out.action = WD_TRY(enumerator(kActions, "action", event.action()));
  if (!is_name(event.type())) return wrong("type", "is not a message id");
  out.type = event.type();
  WD_TRY(check_text("rule", event.rule(), kMaxNameBytes));
  out.rule = event.rule();
  WD_TRY(fields_from_wire(event, out));
  return out;
}

Result<HelloAck> negotiate(const Hello& hello, std::uint32_t minor) {
  const auto version = [](std::uint32_t major_part, std::uint32_t minor_part) {
    return std::to_string(major_part) + "." + std::to_string(minor_part);
  };
  const std::string spoken = "protocol " + version(hello.protocol_major(), hello.protocol_minor());
  if (hello.protocol_major() != kMajor) {
    return fail(ErrorCode::Invalid, spoken + " is not served, only " + std::to_string(kMajor) + ".x");
  }
  const std::uint32_t oldest = minor > kMinorsServed ? minor - kMinorsServed : 0;
  if (hello.protocol_minor() < oldest) {
    return fail(ErrorCode::Invalid,
                spoken + " is no longer served; update the agent to " + version(kMajor, oldest) + " or later");
  }
  HelloAck ack;
  ack.set_protocol_major(kMajor);
  ack.set_protocol_minor(std::min(minor, hello.protocol_minor()));
  for (const std::string_view capability : kCapabilities) {
    const auto& offered = hello.capabilities();
    if (std::find(offered.begin(), offered.end(), capability) != offered.end()) {
      ack.add_capabilities(std::string(capability));
    }
  }
  return ack;
}

Result<Envelope> parse_envelope(ByteView frame) {
  if (frame.size() > kMaxFrameBytes) {
    return fail(ErrorCode::TooLarge, "frame of " + std::to_string(frame.size()) + " bytes, at most " +
                                         std::to_string(kMaxFrameBytes) + " are read");
  }
  if (count_events(frame) > kMaxEventsPerBatch) {
    return fail(ErrorCode::TooLarge, "batch of more than " + std::to_string(kMaxEventsPerBatch) + " events");
  }
  Envelope envelope;
  if (!envelope.ParseFromArray(frame.data(), static_cast<int>(frame.size()))) {
    return fail(ErrorCode::Corrupt, "frame is not an envelope");
  }
  return envelope;
}

std::string serialize(const Envelope& envelope) {
  return envelope.SerializeAsString();
}

}  // namespace warder::protocol
