#include "manager/siem/sns_answer.h"

#include <algorithm>

#include "base/text.h"

namespace warder::manager {
namespace {

// These answers have neither attributes within nor nested elements of one name, so that elements are found by their
// tags. What is found is compared with what was sent, or is a word.

/// The text within the next element `name` of `xml`, which goes on behind it.
std::optional<std::string_view> next_element(std::string_view& xml, const std::string& name) {
  const std::string open = "<" + name + ">";
  const std::string close = "</" + name + ">";
  const std::size_t begin = xml.find(open);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::size_t end = xml.find(close, begin + open.size());
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view inside = xml.substr(begin + open.size(), end - begin - open.size());
  xml.remove_prefix(end + close.size());
  return inside;
}

std::string_view element(std::string_view xml, const std::string& name) {
  return next_element(xml, name).value_or("");
}

std::string code_in(std::string_view xml) {
  constexpr std::size_t kMost = 80;
  const std::string_view code = element(xml, "Code");
  const auto is_word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.';
  };
  return code.size() <= kMost && std::ranges::all_of(code, is_word) ? std::string(code) : "";
}

}  // namespace

Result<std::vector<std::optional<SnsFailure>>> parse_sns_batch(std::string_view xml, std::size_t count) {
  const auto wrong = fail(ErrorCode::Corrupt, "the answer is none of PublishBatch");
  if (xml.find("<PublishBatchResponse") == std::string_view::npos ||
      xml.find("</PublishBatchResponse>") == std::string_view::npos)
    return wrong;
  std::vector<std::optional<SnsFailure>> fates(count);
  std::vector<bool> has_fate(count, false);
  for (const char* const part : {"Successful", "Failed"}) {
    std::string_view rest = element(xml, part);
    while (const auto member = next_element(rest, "member")) {
      const auto number = parse_integer<std::size_t>(element(*member, "Id"));
      if (!number || *number == 0 || *number > count || has_fate[*number - 1]) return wrong;
      has_fate[*number - 1] = true;
      if (std::string_view(part) == "Failed")
        fates[*number - 1] = SnsFailure{code_in(*member), element(*member, "SenderFault") == "true"};
      else if (element(*member, "MessageId").empty())
        return wrong;
    }
  }
  if (std::ranges::find(has_fate, false) != has_fate.end()) return wrong;
  return fates;
}

Result<void> parse_sns_publish(std::string_view xml) {
  if (element(xml, "PublishResult").empty() || element(xml, "MessageId").empty())
    return fail(ErrorCode::Corrupt, "the answer is none of Publish");
  return {};
}

std::string parse_sns_error(std::string_view xml) {
  return code_in(element(xml, "Error"));
}

}  // namespace warder::manager
