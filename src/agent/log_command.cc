#include "agent/log_command.h"

#include <condition_variable>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "base/process.h"
#include "base/text.h"

namespace warder::agent {
namespace {

class LogCommand final : public LogSource {
 public:
  explicit LogCommand(CommandOptions options)
      : options_(std::move(options)), runner_([this](const std::stop_token& stop) { run(stop); }) {
    for (const std::string& argument : options_.arguments) label_.append(label_.empty() ? "" : " ").append(argument);
  }

  [[nodiscard]] const std::string& name() const noexcept override { return options_.text; }
  [[nodiscard]] bool can_wait() const noexcept override { return true; }

  bool poll(const records::TailTime& time, std::size_t /*budget*/, std::vector<LogRecord>& out) override {
    const std::lock_guard lock(mutex_);
    if (output_) {
      for (const std::string_view line : split(*output_, '\n')) {
        if (!line.empty()) out.push_back({"ossec: output: '" + label_ + "': " + std::string(line), label_, {}, false});
      }
      output_.reset();
      wake_.notify_all();
    }
    if (!is_due_ && time.steady >= next_) {
      next_ = time.steady + options_.interval;
      is_due_ = true;
      wake_.notify_all();
    }
    return false;
  }

  std::vector<LogNotice> take_notices() override {
    const std::lock_guard lock(mutex_);
    if (!failure_) return {};
    return {{"log-inspection.source.unreadable", options_.text, *std::exchange(failure_, std::nullopt), 0}};
  }

  void count(std::map<std::string, std::uint64_t>& counters) const override {
    const std::lock_guard lock(mutex_);
    counters["commands_run"] += runs_;
  }

 private:
  void run(const std::stop_token& stop) {
    std::unique_lock lock(mutex_);
    while (wake_.wait(lock, stop, [this] { return is_due_ && !output_; })) {
      lock.unlock();
      ProcessOptions process;
      process.timeout = options_.timeout;
      process.max_output_bytes = options_.max_output_bytes;
      process.environment = {"LC_ALL=C"};
      auto done = run_process(options_.arguments, process);
      lock.lock();
      is_due_ = false;
      ++runs_;
      if (done) {
        output_ = std::move(done->out);
        has_failed_ = false;
      } else if (!std::exchange(has_failed_, true)) {  // a state is told once
        failure_ = done.error().message;
      }
    }
  }

  CommandOptions options_;
  std::string label_;
  mutable std::mutex mutex_;  // guards all below
  std::condition_variable_any wake_;
  std::optional<std::string> output_;
  std::optional<std::string> failure_;
  std::chrono::steady_clock::time_point next_;
  std::uint64_t runs_ = 0;
  bool is_due_ = false;
  bool has_failed_ = false;
  std::jthread runner_;  // last: ends before what it uses
};

}  // namespace

Result<CommandOptions> parse_command(std::string_view text, bool shell) {
  CommandOptions options;
  options.text = trim(text);
  const std::string_view whole = options.text;
  const std::size_t space = std::min(whole.find(' '), whole.size());
  const auto interval = parse_integer<unsigned>(whole.substr(0, space));
  const std::string_view command = trim(whole.substr(space));
  if (!interval || *interval < 1 || *interval > 604'800 || command.empty())
    return fail(ErrorCode::Invalid, "\"" + options.text + "\": give seconds and a program: \"300 df -P\"");
  options.interval = std::chrono::seconds(*interval);
  if (shell) {
    options.arguments = {"/bin/sh", "-c", std::string(command)};
    return options;
  }
  for (const std::string_view argument : split(command, ' ')) {
    if (!argument.empty()) options.arguments.emplace_back(argument);
  }
  return options;
}

std::unique_ptr<LogSource> make_log_command(CommandOptions options) {
  return std::make_unique<LogCommand>(std::move(options));
}

}  // namespace warder::agent
