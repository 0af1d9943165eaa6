#include "host/testing/file_watch.h"

namespace warder::host::testing {

Result<void> ScriptedFileWatch::cover(const std::string& path, const FileStat& /*stat*/) {
  const std::lock_guard lock(mutex_);
  covered_.insert(path);
  return {};
}

void ScriptedFileWatch::set_interest(std::function<bool(const std::string&)> /*may_matter*/) {}

Result<WatchBatch> ScriptedFileWatch::read(std::chrono::milliseconds timeout, std::chrono::milliseconds /*gather*/) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, timeout,
                    [&] { return is_interrupted_ || !waiting_.events.empty() || !waiting_.losses.empty(); });
  is_interrupted_ = false;
  return std::exchange(waiting_, {});
}

void ScriptedFileWatch::interrupt() noexcept {
  const std::lock_guard lock(mutex_);
  is_interrupted_ = true;
  changed_.notify_all();
}

void ScriptedFileWatch::push(WatchEvent event) {
  const std::lock_guard lock(mutex_);
  waiting_.events.push_back(std::move(event));
  changed_.notify_all();
}

void ScriptedFileWatch::overflow(WatchLoss loss) {
  const std::lock_guard lock(mutex_);
  waiting_.losses.push_back(std::move(loss));
  changed_.notify_all();
}

bool ScriptedFileWatch::covers(const std::string& path) const {
  const std::lock_guard lock(mutex_);
  return covered_.contains(path);
}

std::optional<ProcessInfo> FixedProcessTable::find(std::int32_t pid) {
  const auto it = processes_.find(pid);
  if (it == processes_.end()) return std::nullopt;
  return it->second;
}

}  // namespace warder::host::testing
