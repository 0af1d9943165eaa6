#include "manager/events/event_rows.h"

#include <array>
#include <set>
#include <utility>

#include "base/json.h"
#include "manager/events/tags.h"

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
  stored.asset_value = row.integer(11);
  if (!row.is_null(12)) stored.tags = WD_TRY(read_tags(row.text(12)));
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

namespace {

constexpr std::size_t kColumns = kEventColumnCount;

/// The event's texts as the row has them.
struct RowTexts {
  explicit RowTexts(const StoredEvent& stored) : fields(fields_text(stored.event)), tags(tags_text(stored.tags)) {}
  std::string fields;
  std::string tags;
};

/// The event's row; looks at the event's memory and at its texts.
std::array<DbView, kColumns> row_of(const StoredEvent& stored, const RowTexts& texts) {
  const Event& event = stored.event;
  return {to_micros(event.time),
          ByteView{event.id.uuid.bytes},
          to_micros(stored.received),
          stored.agent ? DbView{ByteView{stored.agent->uuid.bytes}} : DbView{nullptr},
          std::string_view{stored.host},
          static_cast<std::int64_t>(event.module),
          std::string_view{event.type},
          static_cast<std::int64_t>(event.severity),
          static_cast<std::int64_t>(event.action),
          std::string_view{event.rule},
          std::string_view{texts.fields},
          stored.asset_value,
          texts.tags.empty() ? DbView{nullptr} : DbView{std::string_view{texts.tags}}};
}

Result<std::vector<bool>> insert_one_by_one(Db& db, std::span<const StoredEvent* const> events) {
  const StmtHandle insert =
      WD_TRY(db.prepare("INSERT INTO events (" + std::string{kEventColumns} +
                        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) ON CONFLICT DO NOTHING"));
  std::vector<bool> is_new;
  for (const StoredEvent* stored : events) {
    const RowTexts texts{*stored};
    is_new.push_back(WD_TRY(insert->run(row_of(*stored, texts))) > 0);
  }
  return is_new;
}

/// All in one statement: a fourth of the work of single rows.
Result<std::vector<bool>> insert_columns(Db& db, std::span<const StoredEvent* const> events) {
  std::vector<RowTexts> texts;
  std::vector<DbColumn> columns(kColumns);
  for (const StoredEvent* stored : events) texts.emplace_back(*stored);
  for (std::size_t i = 0; i < events.size(); ++i) {
    const auto row = row_of(*events[i], texts[i]);
    for (std::size_t column = 0; column < kColumns; ++column) columns[column].push_back(row[column]);
  }
  // One without agents or tags is a column of NULLs alone, whose type nobody could tell.
  const StmtHandle insert = WD_TRY(
      db.prepare("INSERT INTO events (" + std::string{kEventColumns} +
                 ") SELECT a, b, c, NULLIF(d, ''), e, f, g, h, i, j, k, l, NULLIF(m, '') FROM unnest(?1, ?2, ?3, ?4, "
                 "?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13) AS t(a, b, c, d, e, f, g, h, i, j, k, l, m) "
                 "ON CONFLICT DO NOTHING "
                 "RETURNING time, id"));
  for (DbView& agent : columns[3]) {
    if (std::holds_alternative<std::nullptr_t>(agent)) agent = ByteView{};
  }
  for (DbView& tags : columns.back()) {
    if (std::holds_alternative<std::nullptr_t>(tags)) tags = std::string_view{};
  }
  WD_TRY(insert->bind_columns(columns));
  std::set<std::pair<std::int64_t, Bytes>> inserted;
  while (const Row* row = WD_TRY(insert->step())) inserted.emplace(row->integer(0), row->bytes(1));
  std::vector<bool> is_new;
  for (const StoredEvent* stored : events) {
    const Event& event = stored->event;
    // Taken out: the second of two alike in one batch is not new.
    is_new.push_back(inserted.erase({to_micros(event.time), bytes_of(event.id)}) > 0);
  }
  return is_new;
}

}  // namespace

Result<std::vector<bool>> insert_events(Db& db, std::span<const StoredEvent* const> events) {
  if (events.empty()) return std::vector<bool>{};
  return db.dialect() == Dialect::Sqlite ? insert_one_by_one(db, events) : insert_columns(db, events);
}

}  // namespace warder::manager
