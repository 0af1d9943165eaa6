#include "manager/api/router.h"

#include <cassert>

#include "base/text.h"

namespace warder::manager {

std::optional<std::string> ApiRequest::query(std::string_view name) const {
  if (const auto given = http.query.find(name); given != http.query.end()) return given->second;
  if (const auto found = query_defaults.find(name); found != query_defaults.end()) return found->second;
  return std::nullopt;
}

std::int64_t ApiRequest::query_int(std::string_view name, std::int64_t otherwise) const {
  const auto text = query(name);
  return text ? parse_integer<std::int64_t>(*text).value_or(otherwise) : otherwise;
}

const std::string& ApiRequest::path_parameter(std::string_view name) const {
  const auto found = path.find(name);
  assert(found != path.end() && "the contract has no such path parameter");
  return found->second;
}

std::string_view ApiRequest::locale() const {
  for (const std::string_view part : split(http.header("accept-language"), ',')) {
    const std::string language = to_lower_ascii(trim(part)).substr(0, 2);
    if (language == "ja") return "ja";
    if (language == "en") return "en";
  }
  return "en";
}

void Routes::add(std::string_view operation_id, ApiHandler handler) {
  [[maybe_unused]] const bool is_new = handlers_.emplace(operation_id, std::move(handler)).second;
  assert(is_new && "an operation has two handlers");
}

std::string etag_of(std::int64_t version) {
  return "\"" + std::to_string(version) + "\"";
}

Result<void> require_match(const ApiRequest& request, std::string_view etag) {
  for (const std::string_view part : split(request.http.header("if-match"), ',')) {
    const std::string_view given = trim(part);
    if (given == "*" || given == etag) return {};
  }
  return fail(ErrorCode::Stale, "it was changed since you read it; read it again");
}

}  // namespace warder::manager
