#include "engines/ips/rule.h"

#include <algorithm>

namespace warder::ips {

std::string_view name(Action action) noexcept {
  switch (action) {
    case Action::Pass:
      return "pass";
    case Action::Drop:
      return "drop";
    case Action::Reject:
      return "reject";
    case Action::RejectDestination:
      return "rejectdst";
    case Action::RejectBoth:
      return "rejectboth";
    case Action::Alert:
      return "alert";
  }
  return "alert";
}

bool Rule::has_app_part() const noexcept {
  return std::ranges::any_of(parts, [](const BufferPart& part) { return part.key.place == Place::Application; });
}

const BufferPart* Rule::payload() const noexcept {
  const auto found =
      std::ranges::find_if(parts, [](const BufferPart& part) { return part.key.place == Place::Payload; });
  return found == parts.end() ? nullptr : &*found;
}

}  // namespace warder::ips
