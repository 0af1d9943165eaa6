// A watch whose events the test writes, and a process table of the test's own.
#pragma once

#include <condition_variable>
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "host/file_watch.h"
#include "host/process_table.h"

namespace warder::host::testing {

/// Thread-safe. read() answers at once with what was pushed, or waits for the next push, interrupt or timeout.
class ScriptedFileWatch final : public FileWatch {
 public:
  [[nodiscard]] std::string_view mechanism() const noexcept override { return "scripted"; }
  Result<void> cover(const std::string& path, const FileStat& stat) override;
  void set_interest(std::function<bool(const std::string&)> may_matter) override;
  Result<WatchBatch> read(std::chrono::milliseconds timeout, std::chrono::milliseconds gather) override;
  void interrupt() noexcept override;

  void push(WatchEvent event);
  void overflow(WatchLoss loss = {});
  [[nodiscard]] bool covers(const std::string& path) const;

 private:
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable changed_;
  WatchBatch waiting_;
  std::set<std::string> covered_;
  bool is_interrupted_ = false;
};

class FixedProcessTable final : public ProcessTable {
 public:
  void add(ProcessInfo info) { processes_[info.pid] = std::move(info); }
  void remove(std::int32_t pid) { processes_.erase(pid); }
  std::optional<ProcessInfo> find(std::int32_t pid) override;
  std::vector<std::int32_t> pids() override {
    std::vector<std::int32_t> all;
    for (const auto& [pid, info] : processes_) all.push_back(pid);
    return all;
  }
  std::string user_name(std::uint32_t uid) override { return uid == 0 ? "root" : std::to_string(uid); }
  std::string group_name(std::uint32_t gid) override { return gid == 0 ? "root" : std::to_string(gid); }

 private:
  std::map<std::int32_t, ProcessInfo> processes_;
};

}  // namespace warder::host::testing
