#include "engines/loginspection/accumulator.h"

#include <fmt/format.h>

namespace warder::loginspection {

namespace {
constexpr std::int64_t kExpiry_s = 120;
constexpr std::size_t kMaxKnown = 4096;
constexpr std::size_t kMaxValueBytes = 80;
}  // namespace

void Accumulator::complete(Event& event, std::int64_t now) {
  if (!event.has(field::kId)) return;
  if (known_.size() >= kMaxKnown) {
    std::erase_if(known_, [&](const auto& entry) { return now - entry.second.time > kExpiry_s; });
    if (known_.size() >= kMaxKnown) known_.clear();
  }
  Known& known =
      known_[fmt::format("{} {} {}", event.value(field::kHostname), event.decoder_id, event.value(field::kId))];
  if (now - known.time > kExpiry_s) known = Known{};
  known.time = now;
  for (std::size_t i = 0; i < kFields.size(); ++i) {
    const std::string_view value = event.value(kFields[i]);
    if (value.empty() && !known.values[i].empty()) {
      event.set(kFields[i], event.keep(known.values[i]));
    } else if (known.values[i].empty() && value.size() <= kMaxValueBytes) {
      known.values[i] = value;
    }
  }
}

}  // namespace warder::loginspection
