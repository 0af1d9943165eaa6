#include "base/process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <optional>

#include "base/file.h"

namespace warder {
namespace {

using SteadyClock = std::chrono::steady_clock;

struct Pipe {
  UniqueFd read;
  UniqueFd write;
};

Result<Pipe> make_pipe() {
  int fds[2];
  if (pipe2(fds, O_CLOEXEC) != 0) return fail_errno("pipe", errno);
  return Pipe{UniqueFd{fds[0]}, UniqueFd{fds[1]}};
}

/// The input as a memory file: the child reads it at its own pace, and nobody has to write it in a loop.
Result<UniqueFd> make_input(std::string_view input) {
  UniqueFd fd{memfd_create("input", MFD_CLOEXEC)};
  if (!fd.is_open()) return fail_errno("memfd_create", errno);
  while (!input.empty()) {
    const ssize_t count = write(fd.get(), input.data(), input.size());
    if (count < 0) return fail_errno("write input", errno);
    input.remove_prefix(static_cast<std::size_t>(count));
  }
  if (lseek(fd.get(), 0, SEEK_SET) != 0) return fail_errno("lseek", errno);
  return fd;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> out;
  out.reserve(texts.size() + 1);
  for (std::string& text : texts) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

/// Everything the child needs between fork and exec, where only async-signal-safe calls are allowed.
struct ChildPlan {
  std::vector<char*> arguments;
  std::vector<char*> environment;
  int in;
  int out;
  int err;
  int failure;  // gets errno when exec fails; closed by a successful exec
};

[[noreturn]] void become(const ChildPlan& plan) {
  setpgid(0, 0);  // a group of its own, so that a timeout also ends what it started
  sigset_t none;
  sigemptyset(&none);
  pthread_sigmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE, SIG_DFL);
  // Above the standard three, so that no dup2 overwrites a descriptor that is still needed.
  const int failure = fcntl(plan.failure, F_DUPFD_CLOEXEC, 3);
  if (dup2(plan.in, 0) == 0 && dup2(plan.out, 1) == 1 && dup2(plan.err, 2) == 2 && dup2(failure, 3) == 3) {
    fcntl(3, F_SETFD, FD_CLOEXEC);
    close_range(4, ~0U, 0);
    execvpe(plan.arguments[0], plan.arguments.data(), plan.environment.data());
  }
  const int error = errno;
  const ssize_t ignored = write(3, &error, sizeof(error));
  _exit(ignored > 0 ? 127 : 126);
}

/// A started child. Kills its process group and reaps it unless it has been reaped.
class Child {
 public:
  explicit Child(pid_t pid) : pid_(pid) {}
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  Child(Child&&) = delete;
  Child& operator=(Child&&) = delete;
  ~Child() {
    if (exit_code_) return;
    kill(-pid_, SIGKILL);
    kill(pid_, SIGKILL);
    wait(0);
  }

  /// The exit code once the child has ended; `options` as for waitpid.
  std::optional<int> wait(int options) {
    int status = 0;
    if (!exit_code_ && waitpid(pid_, &status, options) == pid_) {
      exit_code_ = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    }
    return exit_code_;
  }

 private:
  pid_t pid_;
  std::optional<int> exit_code_;
};

/// One output of the child, collected as it comes.
struct Stream {
  UniqueFd fd;
  std::string* text;

  /// Takes what is there; closes the descriptor at its end.
  void read_some() {
    char buffer[65536];
    const ssize_t count = read(fd.get(), buffer, sizeof(buffer));
    if (count > 0) text->append(buffer, static_cast<std::size_t>(count));
    if (count == 0 || (count < 0 && errno != EINTR && errno != EAGAIN)) fd.reset();
  }
};

/// Waits until an output has something, or a moment has passed.
void read_ready(std::array<Stream, 2>& streams, int wait_ms) {
  std::array<pollfd, 2> polls{};
  for (std::size_t i = 0; i < 2; ++i) polls[i] = {streams[i].fd.get(), POLLIN, 0};
  if (poll(polls.data(), polls.size(), wait_ms) <= 0) return;
  for (std::size_t i = 0; i < 2; ++i) {
    if (polls[i].revents != 0) streams[i].read_some();
  }
}

Result<int> collect(Child& child, std::array<Stream, 2>& streams, const ProcessOptions& options) {
  constexpr int kTickMs = 10;  // how late the end of a child is seen that leaves its outputs open or closes them early
  const auto deadline = SteadyClock::now() + options.timeout;
  for (;;) {
    const auto ended = child.wait(WNOHANG);
    read_ready(streams, ended ? 0 : kTickMs);
    if (streams[0].text->size() + streams[1].text->size() > options.max_output_bytes) {
      return fail(ErrorCode::TooLarge, "printed more than " + std::to_string(options.max_output_bytes) + " bytes");
    }
    if (ended) {
      std::array<pollfd, 2> polls{{{streams[0].fd.get(), POLLIN, 0}, {streams[1].fd.get(), POLLIN, 0}}};
      if (poll(polls.data(), polls.size(), 0) <= 0) return *ended;
    }
    if (SteadyClock::now() > deadline) {
      return fail(ErrorCode::Timeout, "did not end in " + std::to_string(options.timeout.count()) + " ms");
    }
  }
}

std::vector<std::string> environment_of(const ProcessOptions& options) {
  std::vector<std::string> out = options.environment;
  const char* const path = std::getenv("PATH");
  out.push_back(std::string("PATH=") + (path != nullptr ? path : "/usr/sbin:/usr/bin:/sbin:/bin"));
  return out;
}

Result<ProcessOutput> run(std::vector<std::string> arguments, const ProcessOptions& options) {
  std::vector<std::string> environment = environment_of(options);
  const UniqueFd input = WD_TRY(make_input(options.input));
  Pipe out = WD_TRY(make_pipe());
  Pipe err = WD_TRY(make_pipe());
  Pipe failure = WD_TRY(make_pipe());
  const ChildPlan plan{pointers(arguments), pointers(environment), input.get(),
                       out.write.get(),     err.write.get(),       failure.write.get()};
  const pid_t pid = fork();
  if (pid < 0) return fail_errno("fork", errno);
  if (pid == 0) become(plan);

  Child child(pid);
  for (Pipe* pipe : {&out, &err, &failure}) pipe->write.reset();
  int error = 0;
  if (read(failure.read.get(), &error, sizeof(error)) == sizeof(error)) {
    child.wait(0);
    return fail_errno("cannot start", error);
  }
  ProcessOutput output;
  std::array<Stream, 2> streams{{{std::move(out.read), &output.out}, {std::move(err.read), &output.err}}};
  for (const Stream& stream : streams) fcntl(stream.fd.get(), F_SETFL, O_NONBLOCK);
  output.exit_code = WD_TRY(collect(child, streams, options));
  return output;
}

}  // namespace

Result<ProcessOutput> run_process(const std::vector<std::string>& arguments, const ProcessOptions& options) {
  if (arguments.empty()) return fail(ErrorCode::Invalid, "no program to run");
  return run(arguments, options).in(arguments.front());
}

}  // namespace warder
