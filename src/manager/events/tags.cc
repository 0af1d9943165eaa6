#include "manager/events/tags.h"

#include <algorithm>

#include "base/json.h"
#include "base/text.h"

namespace warder::manager {

Result<void> check_tag(std::string_view tag) {
  if (tag.empty() || tag.size() > kMaxTagBytes) return fail(ErrorCode::Invalid, "a tag has 1 to 64 bytes");
  if (!is_utf8(tag) || trim(tag) != tag) return fail(ErrorCode::Invalid, "a tag is a word without spaces around it");
  const auto is_bad = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f || c == ',' || c == '"'; };
  if (std::ranges::any_of(tag, is_bad))
    return fail(ErrorCode::Invalid, "a tag has no commas, quotes or control characters");
  return {};
}

bool add_tag(std::vector<std::string>& tags, std::string_view tag) {
  const auto place = std::ranges::lower_bound(tags, tag);
  if ((place != tags.end() && *place == tag) || tags.size() >= kMaxEventTags) return false;
  tags.emplace(place, tag);
  return true;
}

bool remove_tag(std::vector<std::string>& tags, std::string_view tag) {
  return std::erase(tags, tag) > 0;
}

std::string tags_text(const std::vector<std::string>& tags) {
  if (tags.empty()) return {};
  return json::serialize(json::array(tags.begin(), tags.end()));
}

Result<std::vector<std::string>> read_tags(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text).in("tags of an event"));
  if (!value.is_array()) return fail(ErrorCode::Corrupt, "tags of an event: no list");
  std::vector<std::string> tags;
  for (const json::value& tag : value.as_array()) {
    if (!tag.is_string()) return fail(ErrorCode::Corrupt, "tags of an event: no words");
    tags.emplace_back(tag.as_string());
  }
  return tags;
}

}  // namespace warder::manager
