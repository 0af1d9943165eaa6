#include "manager/api/scim_answer.h"

#include "base/json.h"
#include "manager/api/contract.h"
#include "manager/scim/answer.h"

namespace warder::manager {

namespace {

std::string text_of(const json::object& problem, std::string_view name) {
  const json::value* const value = find(problem, name);
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : std::string();
}

}  // namespace

std::string contract_path(std::string_view path) {
  return path.starts_with(std::string(kScimPrefix) + "/") ? std::string(kApiPrefix).append(path) : std::string(path);
}

bool is_scim_path(std::string_view path) {
  return path.starts_with(std::string(kApiPrefix).append(kScimPrefix) + "/");
}

HttpResponse with_scim_error(HttpResponse response) {
  const auto type = response.headers.find("content-type");
  if (type == response.headers.end() || type->second != "application/problem+json") return response;
  const auto problem = parse_json(response.body);
  if (!problem || !problem->is_object()) return response;
  const std::string detail = text_of(problem->get_object(), "detail");
  std::string_view scim_type = scim::type_of(Error{ErrorCode::Invalid, detail});
  const std::string_view said = std::string_view(detail).substr(scim_type.empty() ? 0 : scim_type.size() + 2);
  const std::string code = text_of(problem->get_object(), "code");
  // What the contract refuses, before a handler knows better.
  if (scim_type.empty() && code == "invalid") scim_type = "invalidValue";
  response.body = json::serialize(scim::error_response(response.status, scim_type, said));
  type->second = kScimType;
  return response;
}

}  // namespace warder::manager
