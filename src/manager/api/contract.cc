#include "manager/api/contract.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace warder::manager {

namespace {

constexpr std::size_t kMaxJsonBody = 1 << 20;
constexpr std::size_t kMaxBinaryBody = 64 << 20;
constexpr std::string_view kMethods[] = {"get", "post", "put", "patch", "delete"};
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kScimJson = "application/scim+json";

/// The object itself, or what its "$ref" names in the document.
Result<const json::object*> resolve(const json::object& root, const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Invalid, "not an object");
  const json::object* object = &value.get_object();
  const json::value* reference = find(*object, "$ref");
  if (reference == nullptr) return object;
  if (!reference->is_string()) return fail(ErrorCode::Invalid, "$ref: not text");
  const auto parts = split(reference->get_string(), '/');
  object = &root;
  for (std::size_t i = 1; i < parts.size(); ++i) {
    const json::value* next = find(*object, parts[i]);
    if (next == nullptr || !next->is_object()) {
      return fail(ErrorCode::Invalid, "$ref: nothing at " + std::string(reference->get_string()));
    }
    object = &next->get_object();
  }
  return object;
}

std::string text_of(const json::value& value) {
  return value.is_string() ? std::string(value.get_string()) : json::serialize(value);
}

bool is_parameter(std::string_view segment) {
  return segment.size() > 2 && segment.front() == '{' && segment.back() == '}';
}

/// Reads one operation. `schemas` collects what it compiles.
class OperationReader {
 public:
  OperationReader(const json::object& root, SchemaSet& schemas) : root_(root), schemas_(schemas) {}

  Result<Operation> read(std::string_view path, std::string_view method, const json::object& json) {
    Operation operation;
    operation.id = WD_TRY(get_string(json, "operationId"));
    operation.method = method;
    for (char& c : operation.method) c = static_cast<char>(c - 'a' + 'A');
    for (const std::string_view segment : split(path.substr(1), '/')) operation.segments.emplace_back(segment);
    const json::value* security = find(json, "security");
    operation.is_public = security != nullptr && security->is_array() && security->get_array().empty();
    if (!operation.is_public) operation.right = WD_TRY(get_string(json, "x-right").in(operation.id));
    operation.takes_any_query = get_bool(json, "x-any-query").value_or(false);
    WD_TRY(read_parameters(json, operation).in(operation.id));
    WD_TRY(read_body(json, operation).in(operation.id));
    WD_TRY(read_answers(json, operation).in(operation.id));
    return operation;
  }

 private:
  Result<void> read_parameters(const json::object& json, Operation& operation) {
    const json::value* list = find(json, "parameters");
    if (list == nullptr) return {};
    if (!list->is_array()) return fail(ErrorCode::Invalid, "parameters: not a list");
    for (const json::value& item : list->get_array()) {
      const json::object& object = *WD_TRY(resolve(root_, item));
      Parameter parameter;
      parameter.name = WD_TRY(get_string(object, "name"));
      parameter.in = WD_TRY(get_string(object, "in"));
      if (parameter.in == "header") parameter.name = to_lower_ascii(parameter.name);
      const json::value* required = find(object, "required");
      parameter.is_required = required != nullptr && required->is_bool() && required->get_bool();
      const json::object& schema = *WD_TRY(get_object(object, "schema"));
      parameter.schema = WD_TRY(schemas_.compile(*find(object, "schema"), parameter.name));
      if (const json::value* value = find(schema, "default")) parameter.default_value = text_of(*value);
      operation.parameters.push_back(std::move(parameter));
    }
    return {};
  }

  Result<void> read_body(const json::object& json, Operation& operation) {
    const json::value* value = find(json, "requestBody");
    if (value == nullptr) return {};
    const json::object& object = *WD_TRY(resolve(root_, *value));
    const json::object& content = *WD_TRY(get_object(object, "content"));
    if (content.size() != 1) return fail(ErrorCode::Invalid, "requestBody: one content type is supported");
    const json::value* required = find(object, "required");
    operation.has_body = true;
    operation.is_body_required = required != nullptr && required->is_bool() && required->get_bool();
    operation.body_type = content.begin()->key();
    const bool is_json = operation.body_type == kJson || operation.body_type == kScimJson;
    operation.max_body_bytes = is_json ? kMaxJsonBody : kMaxBinaryBody;
    if (!is_json) return {};
    operation.body = WD_TRY(schema_of(content.begin()->value()));
    return {};
  }

  Result<void> read_answers(const json::object& json, Operation& operation) {
    const json::object& answers = *WD_TRY(get_object(json, "responses"));
    for (const auto& [status, value] : answers) {
      const auto number = parse_integer<int>(status);
      if (!number) continue;  // "default": a problem
      const json::object& answer = *WD_TRY(resolve(root_, value));
      const Schema* schema = nullptr;
      if (const json::value* content = find(answer, "content"); content != nullptr && content->is_object()) {
        const json::value* json_content = find(content->get_object(), kJson);
        if (json_content == nullptr) json_content = find(content->get_object(), kScimJson);
        if (json_content != nullptr) schema = WD_TRY(schema_of(*json_content));
      }
      operation.answers.emplace(*number, schema);
    }
    return {};
  }

  Result<const Schema*> schema_of(const json::value& content) {
    if (!content.is_object()) return fail(ErrorCode::Invalid, "content: not an object");
    const json::value* schema = find(content.get_object(), "schema");
    if (schema == nullptr) return fail(ErrorCode::Invalid, "content: no schema");
    return schemas_.compile(*schema, "content");
  }

  const json::object& root_;
  SchemaSet& schemas_;
};

/// Literal segments win over parameters: /agents/summary before /agents/{id}.
bool is_before(const Operation& a, const Operation& b) {
  return std::ranges::lexicographical_compare(a.segments, b.segments, [](const std::string& x, const std::string& y) {
    return !is_parameter(x) && is_parameter(y);
  });
}

using PathParameters = std::map<std::string, std::string, std::less<>>;

std::optional<PathParameters> match_path(const Operation& operation, const std::vector<std::string_view>& segments) {
  if (operation.segments.size() != segments.size()) return std::nullopt;
  PathParameters parameters;
  for (std::size_t i = 0; i < segments.size(); ++i) {
    const std::string& pattern = operation.segments[i];
    if (is_parameter(pattern)) {
      if (segments[i].empty()) return std::nullopt;
      parameters.emplace(pattern.substr(1, pattern.size() - 2), segments[i]);
    } else if (pattern != segments[i]) {
      return std::nullopt;
    }
  }
  return parameters;
}

}  // namespace

bool Operation::wants_if_match() const {
  return std::ranges::any_of(parameters, [](const Parameter& p) { return p.name == "if-match"; });
}

bool Operation::takes_idempotency_key() const {
  return std::ranges::any_of(parameters, [](const Parameter& p) { return p.name == "idempotency-key"; });
}

Result<Contract> Contract::load(std::string_view yaml) {
  const json::value value = WD_TRY(yaml_to_json(yaml));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "contract: not an object");
  const json::object& root = value.get_object();
  Contract contract;
  contract.json_ = json::serialize(value);
  const json::object& components = *WD_TRY(get_object(root, "components"));
  WD_TRY(contract.schemas_.add_components(*WD_TRY(get_object(components, "schemas"))));
  contract.problem_ =
      WD_TRY(contract.schemas_.compile(json::object{{"$ref", "#/components/schemas/Problem"}}, "problem"));
  OperationReader reader(root, contract.schemas_);
  for (const auto& [path, item] : *WD_TRY(get_object(root, "paths"))) {
    if (!item.is_object() || !path.starts_with('/')) return fail(ErrorCode::Invalid, "paths: wrong");
    for (const std::string_view method : kMethods) {
      const json::value* operation = warder::find(item.get_object(), method);
      if (operation == nullptr) continue;
      if (!operation->is_object()) return fail(ErrorCode::Invalid, "paths: wrong");
      contract.operations_.push_back(WD_TRY(reader.read(path, method, operation->get_object())));
    }
  }
  std::ranges::stable_sort(contract.operations_, is_before);
  return contract;
}

Match Contract::match(std::string_view method, std::string_view path) const {
  Match match;
  if (!path.starts_with(kApiPrefix)) return match;
  path.remove_prefix(kApiPrefix.size());
  if (!path.starts_with('/')) return match;
  const auto segments = split(path.substr(1), '/');
  const std::vector<std::string>* matched = nullptr;
  for (const Operation& operation : operations_) {
    if (matched != nullptr && operation.segments != *matched) continue;
    auto parameters = match_path(operation, segments);
    if (!parameters) continue;
    matched = &operation.segments;
    if (operation.method != method && !(method == "HEAD" && operation.method == "GET")) {
      match.allowed.push_back(operation.method);
      continue;
    }
    match.operation = &operation;
    match.path = std::move(*parameters);
    return match;
  }
  return match;
}

const Operation* Contract::find(std::string_view operation_id) const noexcept {
  for (const Operation& operation : operations_) {
    if (operation.id == operation_id) return &operation;
  }
  return nullptr;
}

}  // namespace warder::manager
