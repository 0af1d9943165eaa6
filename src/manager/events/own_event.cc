#include "manager/events/own_event.h"

#include "base/random.h"

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

}  // namespace warder::manager
