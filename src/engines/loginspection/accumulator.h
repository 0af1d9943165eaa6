// Programs that spread one happening over several lines: fields found in one are given to the later ones of the same
// host, decoder and id.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>

#include "engines/loginspection/event.h"

namespace warder::loginspection {

/// Single-threaded and bounded.
class Accumulator {
 public:
  /// Gives the event what it lacks and takes what it has.
  void complete(Event& event, std::int64_t now);
  void clear() { known_.clear(); }

 private:
  static constexpr std::array<FieldId, 7> kFields = {field::kDstUser, field::kSrcUser, field::kDstIp, field::kSrcIp,
                                                     field::kDstPort, field::kSrcPort, field::kData};
  struct Known {
    std::int64_t time = 0;
    std::array<std::string, kFields.size()> values;
  };
  std::unordered_map<std::string, Known> known_;
};

}  // namespace warder::loginspection
