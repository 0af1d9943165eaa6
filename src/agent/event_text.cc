#include "agent/event_text.h"

#include <algorithm>

#include "base/text.h"

namespace warder::agent {
namespace {

constexpr std::size_t kLongestCharacter = 4;  // of UTF-8

// Whether it was cut, too.
std::pair<std::string, bool> fit(std::string_view raw) {
  std::string text = escape_non_utf8(raw.substr(0, kMaxEventTextBytes + kLongestCharacter));
  if (text.size() <= kMaxEventTextBytes) return {std::move(text), false};
  text.resize(cut_utf8(text, kMaxEventTextBytes).size());
  return {std::move(text), true};
}

}  // namespace

std::string event_text(std::string_view raw) {
  return fit(raw).first;
}

void set_event_text(Event& event, std::string_view key, std::string_view raw) {
  if (raw.empty()) return;
  auto [text, was_cut] = fit(raw);
  if (was_cut) event.set("truncated", true);
  event.set(key, std::move(text));
}

void describe_process(Event& event, const host::ProcessInfo& process, host::ProcessTable& processes) {
  event.set("process.pid", std::int64_t{process.pid});
  set_event_text(event, "process.executable", process.executable);
  set_event_text(event, "process.command_line", process.command_line);
  set_event_text(event, "container.id", process.container_id);
  if (process.uid) {
    event.set("user.id", std::int64_t{*process.uid});
    set_event_text(event, "user.name", processes.user_name(*process.uid));
  }
  if (process.login_uid) {
    event.set("user.login_id", std::int64_t{*process.login_uid});
    set_event_text(event, "user.login_name", processes.user_name(*process.login_uid));
  }
}

}  // namespace warder::agent
