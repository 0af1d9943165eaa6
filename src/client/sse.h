// Server-sent events (WHATWG HTML §9.2), from bytes in any pieces.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace warder::client {

struct SseEvent {
  std::string event = "message";
  std::string data;
  std::string id;  // the last one seen: what Last-Event-ID takes
};

class SseParser {
 public:
  /// Calls `on_event` for each event that these bytes complete; stops and returns false when it does. TooLarge when a
  /// line or an event grows beyond 1 MiB.
  Result<bool> feed(std::string_view bytes, const std::function<bool(const SseEvent&)>& on_event);

  [[nodiscard]] const std::string& last_id() const noexcept { return last_id_; }

 private:
  bool take_line(std::string_view line, const std::function<bool(const SseEvent&)>& on_event);

  std::string line_;
  bool is_after_cr_ = false;
  SseEvent event_;
  bool has_data_ = false;
  std::string last_id_;
};

}  // namespace warder::client
