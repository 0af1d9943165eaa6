// Events as lines of a file: JSON Lines or CSV.
#pragma once

#include <string>
#include <string_view>

#include "manager/events/stored_event.h"

namespace warder::manager {

std::string jsonl_line(const StoredEvent& stored, const Messages& messages, std::string_view locale);

std::string csv_head();
/// RFC 4180; no cell begins with a character that spreadsheets take for the start of a formula.
std::string csv_line(const StoredEvent& stored, const Messages& messages, std::string_view locale);

}  // namespace warder::manager
