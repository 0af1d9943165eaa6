#include "client/sse.h"

namespace warder::client {
namespace {
constexpr std::size_t kMaxBytes = 1 << 20;
}

Result<bool> SseParser::feed(std::string_view bytes, const std::function<bool(const SseEvent&)>& on_event) {
  for (const char c : bytes) {
    const bool is_lf_of_crlf = c == '\n' && is_after_cr_;
    is_after_cr_ = c == '\r';
    if (is_lf_of_crlf) continue;
    if (c != '\n' && c != '\r') {
      line_.push_back(c);
      if (line_.size() + event_.data.size() > kMaxBytes) return fail(ErrorCode::TooLarge, "a live event is too large");
      continue;
    }
    const std::string line = std::move(line_);
    line_.clear();
    if (!take_line(line, on_event)) return false;
  }
  return true;
}

bool SseParser::take_line(std::string_view line, const std::function<bool(const SseEvent&)>& on_event) {
  if (line.empty()) {
    const bool is_complete = has_data_;
    SseEvent event = std::move(event_);
    event.id = last_id_;
    event_ = {};
    has_data_ = false;
    return !is_complete || on_event(event);
  }
  const std::size_t colon = line.find(':');
  const std::string_view field = line.substr(0, colon);
  std::string_view value = colon == std::string_view::npos ? std::string_view() : line.substr(colon + 1);
  if (value.starts_with(' ')) value.remove_prefix(1);
  if (field == "event") {
    event_.event = value;
  } else if (field == "data") {
    if (has_data_) event_.data.push_back('\n');
    event_.data.append(value);
    has_data_ = true;
  } else if (field == "id" && value.find('\0') == std::string_view::npos) {
    last_id_ = value;
  }
  return true;
}

}  // namespace warder::client
