#include "agent/reporter.h"

#include <string>
#include <variant>
#include <vector>

#include "base/random.h"
#include "protocol/protocol.h"

namespace warder::agent {
namespace {

constexpr std::size_t kMaxWaiting = 1000;

std::string text_of(const EventValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return std::get<bool>(value) ? "true" : "false";
}

std::string describe(const Event& event) {
  std::string text;
  for (const auto& [key, value] : event.fields) text += (text.empty() ? "" : " ") + key + "=" + text_of(value);
  return text;
}

}  // namespace

Reporter::Reporter(Spool& spool, const host::Clock& clock, Log& log, std::function<void()> stored)
    : spool_(spool), clock_(clock), log_(log), stored_(std::move(stored)), ids_(&fill_random) {}

void Reporter::report(std::string_view type, Severity severity, EventFields fields) {
  Event event;
  event.time = clock_.now();
  event.id = EventId{ids_.next(event.time)};
  event.module = ModuleKind::Agent;
  event.type = type;
  event.severity = severity;
  for (const auto& [key, value] : fields) event.set(key, value);
  log_.write(severity >= Severity::Medium ? LogLevel::Warning : LogLevel::Info, type, describe(event), {});
  protocol::to_wire(event, &waiting_.emplace_back());
  if (waiting_.size() > kMaxWaiting) waiting_.pop_front();
  retry();
}

Result<void> Reporter::store(std::span<const protocol::Event> events) {
  WD_TRY(spool_.append(events));
  stored_();
  return {};
}

void Reporter::retry() {
  if (waiting_.empty()) return;
  const std::vector<protocol::Event> events(waiting_.begin(), waiting_.end());
  if (store(events)) waiting_.clear();
}

}  // namespace warder::agent
