// Logs for tests.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "base/log.h"

namespace warder::testing {

/// Remembers the ids of what was written. Single-threaded.
class RecordingLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view id, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {
    ids.emplace_back(id);
  }
  std::vector<std::string> ids;
};

}  // namespace warder::testing
