#include "manager/events/filter_sql.h"

#include <algorithm>

#include "base/ids.h"
#include "manager/events/rank.h"
#include "manager/events/text_pattern.h"
#include "manager/store/dialect.h"
#include "model/event.h"

namespace warder::manager {
namespace {

std::string_view column_name(EventColumn column) noexcept {
  switch (column) {
    case EventColumn::None:
      return "fields";
    case EventColumn::Time:
      return "time";
    case EventColumn::Received:
      return "received";
    case EventColumn::Id:
      return "id";
    case EventColumn::Agent:
      return "agent_id";
    case EventColumn::Host:
      return "host";
    case EventColumn::Module:
      return "module";
    case EventColumn::Type:
      return "type";
    case EventColumn::Severity:
      return "severity";
    case EventColumn::Action:
      return "action";
    case EventColumn::Rule:
      return "rule";
    case EventColumn::AssetValue:
      return "asset_value";
    case EventColumn::Rank:
      return kRankSql;
    case EventColumn::Tag:
      return "tags";
  }
  return "fields";
}

DbValue db_value(const FilterField& field, const FilterValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  const auto& text = std::get<std::string>(value);
  if (field.kind != FilterFieldKind::Uuid) return text;
  const auto id = parse_uuid(text);  // has been parsed before, when the term was made
  return id ? DbValue{Bytes{id->bytes.begin(), id->bytes.end()}} : DbValue{nullptr};
}

/// `severity>=critical` as an equality: the index by severity and time then gives the rare events in order.
bool is_highest_severity(const FilterTerm& term) noexcept {
  return term.field->column == EventColumn::Severity && term.op == FilterOp::GreaterEqual &&
         term.values[0] == FilterValue{static_cast<std::int64_t>(Severity::Critical)};
}

/// The events' own fields are JSON text. A value of another type than the field's is as good as none.
std::string postgres_field(const FilterField& field) {
  const std::string fields = "CAST(fields AS json)";
  const std::string key = "'" + std::string{field.key} + "'";
  const std::string type = "json_typeof(" + fields + " -> " + key + ")";
  const std::string text = fields + " ->> " + key;
  if (field.kind == FilterFieldKind::Text || field.kind == FilterFieldKind::Uuid)
    return "(CASE WHEN " + type + " = 'string' THEN " + text + " END) COLLATE \"C\"";
  return "(CASE " + type + " WHEN 'number' THEN CAST(" + text + " AS BIGINT) WHEN 'boolean' THEN CASE " + text +
         " WHEN 'true' THEN 1 ELSE 0 END END)";
}

/// What differs between the backends: ILIKE folds ASCII alone, as SQLite's LIKE does, for texts that collate by bytes.
std::string_view like_word(Dialect dialect) noexcept {
  return dialect == Dialect::Sqlite ? " LIKE " : " ILIKE ";
}

std::string any_field(Dialect dialect, const std::string& test) {
  if (dialect == Dialect::Sqlite)
    return "EXISTS (SELECT 1 FROM json_each(events.fields) AS f WHERE f.type = 'text' AND f.value" + test + ")";
  return "EXISTS (SELECT 1 FROM json_each(CAST(events.fields AS json)) AS f(key, value) WHERE json_typeof(f.value) = "
         "'string' AND (f.value #>> '{}') COLLATE \"C\"" +
         test + ")";
}

std::string_view tag_value(Dialect dialect) noexcept {
  return dialect == Dialect::Sqlite ? "tag.value" : "tag.value COLLATE \"C\"";
}

/// The tags of one row of `table` as rows.
std::string tags_source(std::string_view table, Dialect dialect) {
  const std::string tags = std::string{table} + ".tags";
  if (dialect == Dialect::Sqlite) return "json_each(" + tags + ") AS tag";
  return "json_array_elements_text(CAST(" + tags + " AS json)) AS tag(value)";
}

class Writer {
 public:
  Writer(std::size_t first_parameter, Dialect dialect) noexcept : first_(first_parameter), dialect_(dialect) {}

  void write(const Filter& filter) {
    switch (filter.kind) {
      case Filter::Kind::All:
        condition_.text += "1 = 1";
        return;
      case Filter::Kind::Term:
        write_term(filter.term);
        return;
      case Filter::Kind::Not:
        condition_.text += "NOT (";
        write(filter.children[0]);
        condition_.text += ')';
        return;
      case Filter::Kind::And:
      case Filter::Kind::Or:
        break;
    }
    for (std::size_t i = 0; i < filter.children.size(); ++i) {
      if (i > 0) condition_.text += filter.kind == Filter::Kind::And ? " AND " : " OR ";
      condition_.text += '(';
      write(filter.children[i]);
      condition_.text += ')';
    }
  }

  SqlCondition take() { return std::move(condition_); }

 private:
  std::string bind(DbValue value) {
    condition_.values.push_back(std::move(value));
    return "?" + std::to_string(first_ + condition_.values.size() - 1);
  }

  void write_term(const FilterTerm& term) {
    const FilterField& field = *term.field;
    if (field.kind == FilterFieldKind::AnyText) {
      write_any(term);
      return;
    }
    if (field.column == EventColumn::Tag) {
      write_tag(term);
      return;
    }
    // What an event lacks is NULL; a comparison with it is false, and `not` of that is true.
    const bool can_be_null = field.column == EventColumn::None || field.column == EventColumn::Agent;
    if (term.op == FilterOp::NotEqual) condition_.text += "NOT ";
    condition_.text += can_be_null ? "coalesce(" : "(";
    const bool is_many = field.kind == FilterFieldKind::Uuid && term.values.size() > kMaxFilterValues;
    condition_.text += is_many ? is_one_of_many(term) : sql_expression(field, dialect_) + operation(term);
    condition_.text += can_be_null ? ", FALSE)" : ")";
  }

  std::string operation(const FilterTerm& term) {
    if (term.op == FilterOp::In) {
      std::string text = " IN (";
      for (const FilterValue& value : term.values) text.append(bind(db_value(*term.field, value))).append(", ");
      text.resize(text.size() - 2);
      return text += ')';
    }
    if (term.op == FilterOp::Like) return like(std::get<std::string>(term.values[0]));
    const bool is_equal = term.op == FilterOp::NotEqual || is_highest_severity(term);
    const std::string_view op = is_equal ? "=" : name(term.op);
    return " " + std::string{op} + " " + bind(db_value(*term.field, term.values[0]));
  }

  /// More ids than a person writes: the agents of a scope. One parameter, for a statement has a limit of them.
  std::string is_one_of_many(const FilterTerm& term) {
    std::string ids = "[";
    for (const FilterValue& value : term.values) {
      std::string id = std::get<std::string>(value);
      std::erase(id, '-');
      ids.append(ids.size() > 1 ? ",\"" : "\"").append(id).append("\"");
    }
    const std::string column = sql_expression(*term.field, dialect_);
    const std::size_t number = first_ + condition_.values.size();
    condition_.values.emplace_back(ids + "]");
    return in_json_array(dialect_ == Dialect::Sqlite ? "lower(hex(" + column + "))" : "encode(" + column + ", 'hex')",
                         number, dialect_);
  }

  std::string like(const std::string& pattern) {
    return std::string{like_word(dialect_)} + bind(like_operand(pattern)) + R"( ESCAPE '\')";
  }

  void write_tag(const FilterTerm& term) {
    if (term.op == FilterOp::NotEqual) condition_.text += "NOT ";
    condition_.text += "(tags IS NOT NULL AND EXISTS (SELECT 1 FROM " + tags_source("events", dialect_) + " WHERE " +
                       std::string{tag_value(dialect_)} + operation(term) + "))";
  }

  void write_any(const FilterTerm& term) {
    const std::string test = like(std::get<std::string>(term.values[0]));
    condition_.text +=
        "(host" + test + " OR type" + test + " OR rule" + test + " OR " + any_field(dialect_, test) + ")";
  }

  std::size_t first_;
  Dialect dialect_;
  SqlCondition condition_;
};

}  // namespace

SqlCondition to_sql(const Filter& filter, std::size_t first_parameter, Dialect dialect) {
  Writer writer{first_parameter, dialect};
  writer.write(filter);
  return writer.take();
}

std::string sql_expression(const FilterField& field, Dialect dialect) {
  if (field.column != EventColumn::None) return std::string{column_name(field.column)};
  if (dialect == Dialect::Postgres) return postgres_field(field);
  return "json_extract(fields, '$.\"" + std::string{field.key} + "\"')";
}

GroupSource group_source(std::span<const FilterField* const> fields, const std::string& condition, bool keeps_untagged,
                         Dialect dialect) {
  const auto is_tag = [](const FilterField* field) { return field->column == EventColumn::Tag; };
  GroupSource source;
  if (std::ranges::none_of(fields, is_tag)) {
    source.from = "events WHERE " + condition;
    for (const FilterField* field : fields) source.values.push_back(sql_expression(*field, dialect));
    return source;
  }
  std::string columns = "time, severity, tags";
  for (std::size_t i = 0; i < fields.size(); ++i) {
    const std::string name = "v" + std::to_string(i);
    if (!is_tag(fields[i])) columns += ", " + sql_expression(*fields[i], dialect) + " AS " + name;
    source.values.push_back(is_tag(fields[i]) ? std::string{tag_value(dialect)} : "e." + name);
  }
  source.from = "(SELECT " + columns + " FROM events WHERE " + (keeps_untagged ? "" : "tags IS NOT NULL AND ") +
                condition + ") AS e LEFT JOIN " + (dialect == Dialect::Sqlite ? "" : "LATERAL ") +
                tags_source("e", dialect) + " ON TRUE";
  return source;
}

bool is_rollup_field(const FilterField& field) noexcept {
  constexpr std::array kCounted = {EventColumn::Host, EventColumn::Module, EventColumn::Severity,
                                   EventColumn::Rule, EventColumn::Type,   EventColumn::Action};
  return std::ranges::find(kCounted, field.column) != kCounted.end();
}

bool is_rollup_filter(const Filter& filter) noexcept {
  if (filter.kind == Filter::Kind::Term) return is_rollup_field(*filter.term.field);
  return std::ranges::all_of(filter.children, is_rollup_filter);
}

}  // namespace warder::manager
