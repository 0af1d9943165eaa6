#include "manager/policies/change_bus.h"

namespace warder::manager {

ChangeBus::Subscription::~Subscription() {
  const std::scoped_lock lock(bus_->mutex_);
  bus_->listeners_.erase(id_);
}

std::unique_ptr<ChangeBus::Subscription> ChangeBus::subscribe(Listener listener) {
  const std::scoped_lock lock(mutex_);
  const std::uint64_t id = next_++;
  listeners_.emplace(id, std::move(listener));
  return std::make_unique<Subscription>(*this, id);
}

void ChangeBus::publish(const Change& change) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [id, listener] : listeners_) listener(change);
}

}  // namespace warder::manager
