#include "manager/siem/opensearch_answer.h"

#include <algorithm>

#include "base/json.h"

namespace warder::manager {
namespace {

std::string error_type_of(const json::object& item) {
  constexpr std::size_t kMost = 80;
  const auto error = get_object(item, "error");
  const auto type = error ? get_string(**error, "type") : Result<std::string_view>("");
  const auto is_word = [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; };
  if (!type || type->size() > kMost || !std::ranges::all_of(*type, is_word)) return "";
  return std::string(*type);
}

Result<BulkItem> read_item(const json::value& value, const std::string& wanted) {
  const auto* const item = value.if_object();
  const auto created = item != nullptr ? get_object(*item, "create") : Result<const json::object*>(nullptr);
  if (!created || *created == nullptr) return fail(ErrorCode::Corrupt, "has an item that is no create");
  const auto id = get_string(**created, "_id");
  const auto status = get_int(**created, "status");
  if (!status || !id || *id != wanted) return fail(ErrorCode::Corrupt, "has an item of another document");
  return BulkItem{*status, error_type_of(**created)};
}

}  // namespace

Result<std::vector<BulkItem>> parse_bulk_answer(std::string_view body, std::span<const std::string> ids) {
  const auto answer = parse_json(body);
  const auto* const object = answer ? answer->if_object() : nullptr;
  const auto items = object != nullptr ? get_array(*object, "items") : Result<const json::array*>(nullptr);
  if (!items || *items == nullptr) return fail(ErrorCode::Corrupt, "is none of the bulk interface");
  if ((*items)->size() != ids.size()) return fail(ErrorCode::Corrupt, "has another number of items than the request");
  std::vector<BulkItem> read;
  for (std::size_t i = 0; i < ids.size(); ++i) read.push_back(WD_TRY(read_item((**items)[i], ids[i])));
  return read;
}

}  // namespace warder::manager
