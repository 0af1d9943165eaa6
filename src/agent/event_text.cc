#include "agent/event_text.h"

#include <algorithm>

#include "base/text.h"

namespace warder::agent {

std::string event_text(std::string_view raw) {
  std::string text = escape_non_utf8(raw.substr(0, kMaxEventTextBytes));
  std::size_t size = std::min(text.size(), kMaxEventTextBytes);
  while (size > 0 && size < text.size() && (static_cast<unsigned char>(text[size]) & 0xc0U) == 0x80U) --size;
  text.resize(size);
  return text;
}

void set_event_text(Event& event, std::string_view key, std::string_view raw) {
  if (raw.empty()) return;
  std::string text = event_text(raw);
  if (raw.size() > kMaxEventTextBytes || text.size() < raw.size()) event.set("truncated", true);
  event.set(key, std::move(text));
}

}  // namespace warder::agent
