// A version of the Data Collection Notice: since when it has said what.
#pragma once

#include <cstdint>
#include <string>

#include "base/time.h"

namespace warder::manager {

struct NoticeVersion {
  std::int64_t number = 0;  // from 1
  Timestamp since;
  std::string digest;  // SHA-256, hex, of the notice's text
};

}  // namespace warder::manager
