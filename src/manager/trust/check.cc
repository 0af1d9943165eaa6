#include "manager/trust/check.h"

#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>

namespace warder::manager {
namespace {

CheckOutcome unknown(std::string why) {
  return {Verdict::Unknown, std::move(why), std::nullopt};
}

CheckOutcome carry_out(const Check& check, const std::stop_token& stop) {
  try {  // whatever happens in a check ends that check
    auto outcome = check.run(stop);
    return outcome ? std::move(*outcome) : unknown(outcome.error().message);
  } catch (const std::exception& error) {
    return unknown(std::string("the check broke off: ") + error.what());
  } catch (...) {
    return unknown("the check broke off");
  }
}

}  // namespace

CheckOutcome run_check(const Check& check, std::chrono::milliseconds limit, const std::stop_token& stop) {
  std::mutex mutex;
  std::condition_variable_any ended;
  std::optional<CheckOutcome> outcome;
  std::jthread thread([&](const std::stop_token& own) {
    CheckOutcome got = carry_out(check, own);
    const std::scoped_lock lock(mutex);
    outcome = std::move(got);
    ended.notify_all();
  });
  bool is_in_time = false;
  {
    std::unique_lock lock(mutex);
    is_in_time = ended.wait_for(lock, stop, limit, [&] { return outcome.has_value(); });
  }
  thread.request_stop();
  thread.join();
  if (!is_in_time) return unknown(stop.stop_requested() ? "the manager ends" : "the check took too long");
  return std::move(*outcome);
}

}  // namespace warder::manager
