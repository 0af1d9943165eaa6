#include "engines/loginspection/policy.h"

namespace warder::loginspection {

std::span<const warder::Field<Policy>> Policy::fields() noexcept {
  static const warder::Field<Policy> kRows[] = {
      {"enabled", &Policy::enabled, 0, 1, PersonalData::None, "Whether logs are inspected at all."},
      {"store_level", &Policy::store_level, 1, 16, PersonalData::None,
       "The least level of a rule whose matches are stored as events; 16 stores none."},
      {"forward_level", &Policy::forward_level, 1, 16, PersonalData::None,
       "The least level of a rule whose matches are forwarded to other systems; 16 forwards none."},
      {"max_line_bytes", &Policy::max_line_bytes, 1024, 1 << 20, PersonalData::None,
       "The rest of a longer line is not looked at."},
  };
  return kRows;
}

}  // namespace warder::loginspection
