#include "manager/api/request_check.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace warder::manager {

namespace {

constexpr std::string_view kJson = "application/json";
constexpr std::string_view kScimJson = "application/scim+json";
constexpr std::size_t kMaxDepth = 32;

Problem invalid(std::vector<SchemaError> errors) {
  Problem problem;
  problem.status = 400;
  problem.code = "invalid";
  const SchemaError& first = errors.front();
  problem.detail = first.pointer.empty() ? first.detail : first.pointer + ": " + first.detail;
  problem.errors = std::move(errors);
  return problem;
}

Problem simple(int status, std::string code, std::string detail) {
  Problem problem;
  problem.status = status;
  problem.code = std::move(code);
  problem.detail = std::move(detail);
  return problem;
}

/// Where a parameter stands, in the same form as a body's members: "/query/limit".
std::string place_of(const Parameter& parameter) {
  return "/" + parameter.in + "/" + pointer_segment(parameter.name);
}

const std::string* find_parameter(const Parameter& parameter, const HttpRequest& request,
                                  const std::map<std::string, std::string, std::less<>>& path) {
  const auto& source = parameter.in == "path" ? path : parameter.in == "query" ? request.query : request.headers;
  const auto found = source.find(parameter.name);
  return found == source.end() ? nullptr : &found->second;
}

std::vector<SchemaError> check_parameters(const Operation& operation, const HttpRequest& request,
                                          const std::map<std::string, std::string, std::less<>>& path,
                                          CheckedRequest& checked) {
  std::vector<SchemaError> errors;
  for (const Parameter& parameter : operation.parameters) {
    const std::string* value = find_parameter(parameter, request, path);
    if (value == nullptr) {
      if (parameter.is_required) errors.push_back({place_of(parameter), "is missing", "required"});
      if (parameter.in == "query" && parameter.default_value) {
        checked.defaults.emplace(parameter.name, *parameter.default_value);
      }
      continue;
    }
    for (SchemaError& error : check(*parameter.schema, parameter_value(*parameter.schema, *value))) {
      errors.push_back({place_of(parameter) + error.pointer, std::move(error.detail), std::move(error.code)});
    }
  }
  if (operation.takes_any_query) return errors;
  for (const auto& [name, value] : request.query) {
    const bool is_known = std::ranges::any_of(operation.parameters,
                                              [&](const Parameter& p) { return p.in == "query" && p.name == name; });
    if (!is_known) errors.push_back({"/query/" + pointer_segment(name), "is not known", "unknown"});
  }
  return errors;
}

std::string media_type(const HttpRequest& request) {
  return to_lower_ascii(trim(split(request.header("content-type"), ';').front()));
}

std::optional<Problem> check_body(const Operation& operation, const HttpRequest& request, CheckedRequest& checked) {
  if (!operation.has_body) {
    if (request.body.empty()) return std::nullopt;
    return invalid({{"", "this operation takes no body", "unknown"}});
  }
  if (request.body.empty()) {
    if (!operation.is_body_required) return std::nullopt;
    return invalid({{"", "the body is missing", "required"}});
  }
  const std::string type = media_type(request);
  // RFC 7644 section 3.1 has SCIM's own type; some clients send plain JSON.
  const bool is_taken = type == operation.body_type || (type == kJson && operation.body_type == kScimJson);
  if (!is_taken) {
    return simple(415, "unsupported-media-type", "content-type must be " + operation.body_type);
  }
  if (request.body.size() > operation.max_body_bytes) return simple(413, "too-large", "the body is too large");
  if (operation.body == nullptr) return std::nullopt;
  auto json = parse_json(request.body, operation.max_body_bytes, kMaxDepth);
  if (!json) return invalid({{"", json.error().message, "syntax"}});
  auto errors = check(*operation.body, *json);
  if (!errors.empty()) return invalid(std::move(errors));
  checked.body = std::move(*json);
  return std::nullopt;
}

}  // namespace

CheckedRequest check_request(const Operation& operation, const HttpRequest& request,
                             const std::map<std::string, std::string, std::less<>>& path) {
  CheckedRequest checked;
  auto errors = check_parameters(operation, request, path, checked);
  if (!errors.empty()) {
    checked.problem = invalid(std::move(errors));
    return checked;
  }
  if (operation.wants_if_match() && request.header("if-match").empty()) {
    checked.problem = simple(428, "precondition-required", "send If-Match with the etag that you read");
    return checked;
  }
  checked.problem = check_body(operation, request, checked);
  return checked;
}

Result<void> check_answer(const Contract& contract, const Operation& operation, const HttpResponse& response) {
  const std::string where = operation.id + ": answer " + std::to_string(response.status);
  const auto type = response.headers.find("content-type");
  const bool is_problem = type != response.headers.end() && type->second == "application/problem+json";
  const auto declared = operation.answers.find(response.status);
  if (!is_problem && declared == operation.answers.end()) return fail(ErrorCode::Internal, where + " is not declared");
  const Schema* schema = is_problem ? &contract.problem() : declared->second;
  if (schema == nullptr || response.stream) return {};
  const auto body = parse_json(response.body, 64 << 20, 64);
  if (!body) return fail(ErrorCode::Internal, where + ": " + body.error().message);
  const auto errors = check(*schema, *body, 1);
  if (errors.empty()) return {};
  return fail(ErrorCode::Internal, where + ": " + errors.front().pointer + " " + errors.front().detail);
}

}  // namespace warder::manager
