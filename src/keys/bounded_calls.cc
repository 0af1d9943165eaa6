#include "keys/bounded_calls.h"

#include <thread>

namespace warder::keys {

/// Kept by the thread, too: it may outlive who waits for it.
struct BoundedCalls::State {
  std::mutex mutex;  // guards the rest
  std::condition_variable changed;
  std::function<void()> work;
  bool is_busy = false;
  bool is_late = false;  // busy with what nobody waits for any more
  bool is_ended = false;

  void serve() {
    std::unique_lock lock(mutex);
    for (;;) {
      changed.wait(lock, [this] { return is_ended || work; });
      if (is_ended) return;
      const std::function<void()> now = std::exchange(work, nullptr);
      lock.unlock();
      now();
      lock.lock();
      is_busy = false;
      is_late = false;
      changed.notify_all();
    }
  }
};

BoundedCalls::BoundedCalls(std::string what, std::chrono::milliseconds limit)
    : what_(std::move(what)), limit_(limit), state_(std::make_shared<State>()) {
  // Detached: one that hangs is never joined.
  std::thread([state = state_] { state->serve(); }).detach();
}

BoundedCalls::~BoundedCalls() {
  const std::lock_guard lock(state_->mutex);
  state_->is_ended = true;
  state_->changed.notify_all();
}

Result<void> BoundedCalls::run_bounded(std::function<void()> work) {
  std::unique_lock lock(state_->mutex);
  const auto is_free = [this] { return !state_->is_busy; };
  const auto may_go_on = [&] { return is_free() || state_->is_late; };
  if (!state_->changed.wait_for(lock, limit_, may_go_on) || state_->is_late)
    return fail(ErrorCode::Unavailable, what_ + " has not come back from an earlier call; restart the manager");
  state_->is_busy = true;
  state_->work = std::move(work);
  state_->changed.notify_all();
  // is_busy is cleared by the thread alone, so that nobody takes a call that hangs for one that is done.
  if (state_->changed.wait_for(lock, limit_, is_free)) return {};
  state_->is_late = true;
  state_->changed.notify_all();
  return fail(ErrorCode::Timeout, what_ + " did not answer within " + std::to_string(limit_.count()) + " ms");
}

}  // namespace warder::keys
