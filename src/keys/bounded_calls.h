// Calls into foreign code that may not come back, on a thread of their own, with an end to the waiting.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <utility>

#include "base/result.h"

namespace warder::keys {

/// Thread-safe; one call at a time. What is called must own what it uses: after a time-out it may still run, even when
/// this is gone; its thread is then left to itself.
class BoundedCalls {
 public:
  /// `what`: of messages, "the PKCS#11 module".
  BoundedCalls(std::string what, std::chrono::milliseconds limit);
  ~BoundedCalls();
  BoundedCalls(const BoundedCalls&) = delete;
  BoundedCalls& operator=(const BoundedCalls&) = delete;

  /// Timeout when it takes longer; Unavailable at once while an earlier one has not come back.
  template <class T>
  Result<T> call(std::function<Result<T>()> function) {
    const auto answer = std::make_shared<Result<T>>(fail(ErrorCode::Internal, "not called"));
    if (auto run = run_bounded([answer, function = std::move(function)] { *answer = function(); }); !run)
      return tl::unexpected(run.error());
    return std::move(*answer);
  }

 private:
  struct State;
  Result<void> run_bounded(std::function<void()> work);

  const std::string what_;
  const std::chrono::milliseconds limit_;
  const std::shared_ptr<State> state_;
};

}  // namespace warder::keys
