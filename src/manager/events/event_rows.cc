#include "manager/events/event_rows.h"

#include <array>

#include "base/json.h"

namespace warder::manager {
namespace {

constexpr std::size_t kMaxFieldsBytes = 4 << 20;

void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += "\\u00";
      out += kHex[static_cast<unsigned char>(c) >> 4U];
      out += kHex[static_cast<unsigned char>(c) & 15U];
    } else {
      out += c;
    }
  }
  out += '"';
}

void append_value(std::string& out, const EventValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) {
    append_quoted(out, *text);
  } else if (const auto* flag = std::get_if<bool>(&value)) {
    out += *flag ? "true" : "false";
  } else {
    out += std::to_string(std::get<std::int64_t>(value));
  }
}

Result<EventValue> read_value(const json::value& value) {
  if (value.is_string()) return EventValue{std::string{value.as_string()}};
  if (value.is_bool()) return EventValue{value.as_bool()};
  if (value.is_int64()) return EventValue{value.as_int64()};
  return fail(ErrorCode::Corrupt, "stored event: a field of another type");
}

template <class Enum>
Result<Enum> read_enum(std::int64_t value, Enum first, Enum last) {
  if (value < static_cast<std::int64_t>(first) || value > static_cast<std::int64_t>(last))
    return fail(ErrorCode::Corrupt, "stored event: a value out of range");
  return static_cast<Enum>(value);
}

}  // namespace

Result<StoredEvent> read_event(const Row& row) {
  StoredEvent stored;
  Event& event = stored.event;
  event.time = from_micros(row.integer(0));
  event.id = EventId{WD_TRY(uuid_from_bytes(row.bytes(1)))};
  stored.received = from_micros(row.integer(2));
  if (!row.is_null(3)) stored.agent = AgentId{WD_TRY(uuid_from_bytes(row.bytes(3)))};
  stored.host = row.text(4);
  event.module = WD_TRY(read_enum(row.integer(5), ModuleKind::Agent, ModuleKind::Manager));
  event.type = row.text(6);
  event.severity = WD_TRY(read_enum(row.integer(7), Severity::Info, Severity::Critical));
  event.action = WD_TRY(read_enum(row.integer(8), Action::Logged, Action::Failed));
  event.rule = row.text(9);
  const json::value fields = WD_TRY(parse_json(row.text(10), kMaxFieldsBytes).in("stored event"));
  if (!fields.is_object()) return fail(ErrorCode::Corrupt, "stored event: fields are not an object");
  for (const auto& [key, value] : fields.as_object()) event.fields.emplace_back(key, WD_TRY(read_value(value)));
  return stored;
}

std::string fields_text(const Event& event) {
  std::string text = "{";
  for (const auto& [key, value] : event.fields) {
    if (text.size() > 1) text += ',';
    append_quoted(text, key);
    text += ':';
    append_value(text, value);
  }
  return text += '}';
}

Result<bool> insert_event(Stmt& insert, const StoredEvent& stored) {
  const Event& event = stored.event;
  const std::string fields = fields_text(event);
  const std::array<DbView, 11> values = {to_micros(event.time),
                                         ByteView{event.id.uuid.bytes},
                                         to_micros(stored.received),
                                         stored.agent ? DbView{ByteView{stored.agent->uuid.bytes}} : DbView{nullptr},
                                         std::string_view{stored.host},
                                         static_cast<std::int64_t>(event.module),
                                         std::string_view{event.type},
                                         static_cast<std::int64_t>(event.severity),
                                         static_cast<std::int64_t>(event.action),
                                         std::string_view{event.rule},
                                         std::string_view{fields}};
  return WD_TRY(insert.run(values)) > 0;
}

}  // namespace warder::manager
