// For the agent's tests: a temporary folder, a module that does what its policy says, and waiting without sleeping.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

#include "agent/loop.h"
#include "agent/module.h"
#include "base/log.h"
#include "base/random.h"

namespace warder::agent::testing {

class Directory {
 public:
  Directory() : path_(std::filesystem::temp_directory_path() / ("agent-" + to_hex(random_bytes(8)))) {
    std::filesystem::create_directories(path_);
  }
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  ~Directory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class QuietLog final : public Log {
 public:
  void write(LogLevel /*level*/, std::string_view id, std::string_view /*message*/,
             std::initializer_list<LogField> /*fields*/) override {
    const std::lock_guard lock(mutex_);
    ids_.emplace_back(id);
  }
  [[nodiscard]] std::vector<std::string> ids() const {
    const std::lock_guard lock(mutex_);
    return ids_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<std::string> ids_;
};

/// The module "probe". Its section: {"refuse": text, "emit": count, "crash": bool, "state": "degraded", "hang": bool,
/// "fresh": bool}: a process that had another section before asks for a fresh one.
/// Commands: "echo" answers its arguments, "fail" fails, "crash" ends the process.
ModuleDescription probe_module();
/// How a test starts probe_module()'s worker: this very program, see main() in testing.cc.
std::vector<std::string> probe_command(const std::filesystem::path& state_directory);

/// Runs the loop until `done` holds. False when it did not within ten seconds.
bool run_until(Loop& loop, const std::function<bool()>& done);

}  // namespace warder::agent::testing
