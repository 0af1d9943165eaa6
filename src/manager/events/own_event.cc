#include "manager/events/own_event.h"

#include "base/random.h"
#include "crypto/hash.h"

namespace warder::manager {

Event make_own_event(Timestamp now, std::string_view type, Severity severity) {
  Event event;
  event.time = now;
  event.id = EventId{UuidGenerator{fill_random}.next(now)};
  event.module = ModuleKind::Manager;
  event.type = type;
  event.severity = severity;
  return event;
}

EventId repeatable_id(Timestamp time, std::string_view about) {
  const auto digest = crypto::sha256(as_bytes(about));
  UuidGenerator ids([&digest](std::span<std::uint8_t> bytes) {
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = digest.at(i % digest.size());
  });
  return EventId{ids.next(time)};
}

}  // namespace warder::manager
