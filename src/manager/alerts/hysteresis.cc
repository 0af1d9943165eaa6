#include "manager/alerts/hysteresis.h"

namespace warder::manager {
namespace {

using Phase = Condition::Phase;

void enter(Condition& condition, Phase phase, Timestamp now) {
  condition.phase = phase;
  condition.since = now;
}

}  // namespace

Crossing step(const Hysteresis& hysteresis, Condition& condition, std::int64_t value, Timestamp now) {
  if (condition.phase == Phase::Quiet && value >= hysteresis.fire_at) enter(condition, Phase::Rising, now);
  if (condition.phase == Phase::Firing && value < hysteresis.resolve_at) enter(condition, Phase::Falling, now);
  switch (condition.phase) {
    case Phase::Rising:
      if (value < hysteresis.fire_at) {
        enter(condition, Phase::Quiet, now);
      } else if (now - condition.since >= hysteresis.fire_after) {
        enter(condition, Phase::Firing, now);
        return Crossing::Fires;
      }
      return Crossing::None;
    case Phase::Falling:
      if (value >= hysteresis.resolve_at) {
        enter(condition, Phase::Firing, now);
      } else if (now - condition.since >= hysteresis.resolve_after) {
        enter(condition, Phase::Quiet, now);
        return Crossing::Resolves;
      }
      return Crossing::None;
    case Phase::Quiet:
    case Phase::Firing:
      return Crossing::None;
  }
  return Crossing::None;
}

}  // namespace warder::manager
