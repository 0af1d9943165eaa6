#include "manager/trust/html.h"

#include <algorithm>

#include "base/markup.h"

namespace warder::manager {

Html& Html::raw(std::string_view markup) {
  out_.append(markup);
  return *this;
}

Html& Html::text(std::string_view content) {
  return raw(escape_html(content));
}

Html& Html::time(Timestamp at) {
  const std::string full = to_rfc3339(at);
  raw("<time datetime=\"").raw(full).raw("\">").raw(full.substr(0, 10)).raw(" ").raw(full.substr(11, 5));
  return raw(" UTC</time>");
}

std::string_view Html::word(std::string_view key) const {
  const auto found = std::ranges::find(words_, key, &Words::key);
  if (found == words_.end()) return key;
  return is_japanese() ? found->ja : found->en;
}

}  // namespace warder::manager
