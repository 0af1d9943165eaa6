// Explaining an event that was an alarm: it stays, as quiet as one that was explained from the start.
#pragma once

#include <string_view>

#include "model/event.h"

namespace warder::manager {

/// `reason` may be empty.
void explain_event(Event& event, std::string_view by, std::string_view reason);
/// The event as it was before explain_event().
void withdraw_explanation(Event& event);

}  // namespace warder::manager
