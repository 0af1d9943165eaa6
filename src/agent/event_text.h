// Text of the host in events: UTF-8, and cut to what a value may hold.
#pragma once

#include <string>
#include <string_view>

#include "host/process_table.h"
#include "model/event.h"

namespace warder::agent {

/// Bytes that are no UTF-8 as \xNN, cut between characters.
std::string event_text(std::string_view raw);
/// Sets it; nothing when it is empty. Says in "truncated" that it was cut.
void set_event_text(Event& event, std::string_view key, std::string_view raw);
/// Who it was: process, program, command line, container, user.
void describe_process(Event& event, const host::ProcessInfo& process, host::ProcessTable& processes);

}  // namespace warder::agent
