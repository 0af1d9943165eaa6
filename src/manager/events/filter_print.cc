#include <optional>

#include "base/json.h"
#include "manager/events/filter.h"
#include "manager/events/filter_term.h"

namespace warder::manager {
namespace {

std::string quote(std::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted += '"';
}

std::string print_value(const FilterField& field, const FilterValue& value) {
  const std::string text = filter_value_text(field, value);
  return std::holds_alternative<std::string>(value) ? quote(text) : text;
}

std::string print_term(const FilterTerm& term) {
  std::string text{term.field->key};
  if (term.op != FilterOp::In) return text.append(name(term.op)).append(print_value(*term.field, term.values[0]));
  text += " in (";
  for (std::size_t i = 0; i < term.values.size(); ++i) {
    if (i > 0) text += ", ";
    text += print_value(*term.field, term.values[i]);
  }
  return text += ')';
}

std::string print_child(const Filter& child) {
  const std::string text = print_filter(child);
  const bool is_chain = child.kind == Filter::Kind::And || child.kind == Filter::Kind::Or;
  return is_chain ? "(" + text + ")" : text;
}

json::value value_to_json(const FilterField& field, const FilterValue& value) {
  if (field.kind == FilterFieldKind::Integer) return std::get<std::int64_t>(value);
  if (field.kind == FilterFieldKind::Boolean) return std::get<std::int64_t>(value) != 0;
  return json::string{filter_value_text(field, value)};
}

json::object term_to_json(const FilterTerm& term) {
  json::object object = {{"field", term.field->key}, {"op", name(term.op)}};
  if (term.op == FilterOp::In) {
    json::array values;
    for (const FilterValue& value : term.values) values.push_back(value_to_json(*term.field, value));
    object["value"] = std::move(values);
  } else {
    object["value"] = value_to_json(*term.field, term.values[0]);
  }
  return object;
}

tl::unexpected<Error> fail_at(const std::string& pointer, ErrorCode code, const std::string& message) {
  return fail(code, pointer + ": " + message);
}

std::optional<std::string> scalar_text(const json::value& value) {
  if (value.is_string()) return std::string{value.as_string()};
  if (value.is_bool()) return std::string{value.as_bool() ? "true" : "false"};
  if (value.is_int64()) return std::to_string(value.as_int64());
  return std::nullopt;
}

class JsonReader {
 public:
  Result<Filter> read(const json::value& value, const std::string& pointer, std::size_t depth) {
    if (depth > kMaxFilterDepth) return fail_at(pointer, ErrorCode::TooLarge, "nested too deep");
    const json::object* object = value.if_object();
    if (object == nullptr) return fail_at(pointer, ErrorCode::Invalid, "expected an object");
    if (object->contains("field")) return term(*object, pointer);
    if (object->size() != 1)
      return fail_at(pointer, ErrorCode::Invalid, "expected one of and, or, not; or field, op and value");
    const auto& [key, child] = *object->begin();
    const std::string at = pointer + "/" + std::string{key};
    if (key == "not") {
      Filter filter{.kind = Filter::Kind::Not, .children = {}, .term = {}};
      filter.children.push_back(WD_TRY(read(child, at, depth + 1)));
      return filter;
    }
    if (key == "and") return chain(Filter::Kind::And, child, at, depth);
    if (key == "or") return chain(Filter::Kind::Or, child, at, depth);
    return fail_at(at, ErrorCode::Invalid, "expected and, or, not or field");
  }

 private:
  Result<Filter> chain(Filter::Kind kind, const json::value& children, const std::string& pointer, std::size_t depth) {
    const json::array* array = children.if_array();
    if (array == nullptr || array->size() < 2)
      return fail_at(pointer, ErrorCode::Invalid, "expected an array of at least two");
    Filter filter{.kind = kind, .children = {}, .term = {}};
    for (std::size_t i = 0; i < array->size(); ++i)
      filter.children.push_back(WD_TRY(read((*array)[i], pointer + "/" + std::to_string(i), depth + 1)));
    return filter;
  }

  Result<Filter> term(const json::object& object, const std::string& pointer) {
    if (++terms_ > kMaxFilterTerms) return fail_at(pointer, ErrorCode::TooLarge, "too many comparisons");
    if (object.size() != 3) return fail_at(pointer, ErrorCode::Invalid, "expected field, op and value");
    const FilterOp op = WD_TRY(read_op(WD_TRY(get_string(object, "op").in(pointer)), pointer));
    const json::value* value = find(object, "value");
    if (value == nullptr) return fail_at(pointer + "/value", ErrorCode::Invalid, "missing");
    const auto values = WD_TRY(read_values(*value, op, pointer + "/value"));
    auto made = make_filter_term(WD_TRY(get_string(object, "field").in(pointer)), op, values);
    if (!made) return fail_at(pointer, made.error().code, made.error().message);
    return Filter{.kind = Filter::Kind::Term, .children = {}, .term = std::move(*made)};
  }

  static Result<FilterOp> read_op(std::string_view text, const std::string& pointer) {
    for (const FilterOp op : {FilterOp::Equal, FilterOp::NotEqual, FilterOp::Less, FilterOp::LessEqual,
                              FilterOp::Greater, FilterOp::GreaterEqual, FilterOp::Like, FilterOp::In}) {
      if (name(op) == text) return op;
    }
    return fail_at(pointer + "/op", ErrorCode::Invalid, "expected : = != < <= > >= or in");
  }

  static Result<std::vector<std::string>> read_values(const json::value& value, FilterOp op,
                                                      const std::string& pointer) {
    std::vector<std::string> values;
    const json::array* array = value.if_array();
    if ((array != nullptr) != (op == FilterOp::In))
      return fail_at(pointer, ErrorCode::Invalid, "an array goes with 'in', and only with it");
    if (array == nullptr) {
      const auto text = scalar_text(value);
      if (!text) return fail_at(pointer, ErrorCode::Invalid, "expected a string, a whole number or a boolean");
      return std::vector<std::string>{*text};
    }
    for (const json::value& one : *array) {
      const auto text = scalar_text(one);
      if (!text) return fail_at(pointer, ErrorCode::Invalid, "expected strings, whole numbers or booleans");
      values.push_back(*text);
    }
    return values;
  }

  std::size_t terms_ = 0;
};

}  // namespace

std::string_view name(FilterOp op) noexcept {
  switch (op) {
    case FilterOp::Equal:
      return "=";
    case FilterOp::NotEqual:
      return "!=";
    case FilterOp::Less:
      return "<";
    case FilterOp::LessEqual:
      return "<=";
    case FilterOp::Greater:
      return ">";
    case FilterOp::GreaterEqual:
      return ">=";
    case FilterOp::Like:
      return ":";
    case FilterOp::In:
      return "in";
  }
  return "=";
}

std::string print_filter(const Filter& filter) {
  switch (filter.kind) {
    case Filter::Kind::All:
      return {};
    case Filter::Kind::Term:
      return print_term(filter.term);
    case Filter::Kind::Not:
      return "not " + print_child(filter.children[0]);
    case Filter::Kind::And:
    case Filter::Kind::Or:
      break;
  }
  std::string text;
  for (const Filter& child : filter.children) {
    if (!text.empty()) text += filter.kind == Filter::Kind::And ? " and " : " or ";
    text += print_child(child);
  }
  return text;
}

json::value filter_to_json(const Filter& filter) {
  switch (filter.kind) {
    case Filter::Kind::All:
      return nullptr;
    case Filter::Kind::Term:
      return term_to_json(filter.term);
    case Filter::Kind::Not:
      return json::object{{"not", filter_to_json(filter.children[0])}};
    case Filter::Kind::And:
    case Filter::Kind::Or:
      break;
  }
  json::array children;
  for (const Filter& child : filter.children) children.push_back(filter_to_json(child));
  return json::object{{filter.kind == Filter::Kind::And ? "and" : "or", std::move(children)}};
}

Result<Filter> filter_from_json(const json::value& value) {
  if (value.is_null()) return Filter{};
  return JsonReader{}.read(value, "", 0);
}

}  // namespace warder::manager
