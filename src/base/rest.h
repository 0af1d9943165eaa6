// Sleeping that ends when told to.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <stop_token>

namespace warder {

/// Returns after `time`, or at once when `stop` is requested.
inline void rest(const std::stop_token& stop, std::chrono::milliseconds time) {
  std::mutex mutex;
  std::condition_variable_any never;
  // Nothing is guarded: the condition wants a lock.
  // cppcheck-suppress localMutex
  std::unique_lock lock(mutex);
  never.wait_for(lock, stop, time, [] { return false; });
}

}  // namespace warder
