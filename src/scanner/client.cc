#include "scanner/client.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include <array>
#include <cerrno>

#include "base/process.h"
#include "base/text.h"

extern char** environ;  // NOLINT: environ(7)

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;
using antimalware::Verdict;
using antimalware::VerdictKind;
using std::chrono::steady_clock;

constexpr std::string_view kProgram = "warder-scanner";

Result<std::array<UniqueFd, 2>> make_pair() {
  std::array<int, 2> ends{};
  if (::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends.data()) != 0) return fail_errno("socketpair", errno);
  return std::array{UniqueFd(ends[0]), UniqueFd(ends[1])};
}

Verdict unknown(std::string reason) {
  return {VerdictKind::Error, "", "", std::move(reason)};
}

Verdict verdict_of(const json::object& object) {
  Verdict verdict;
  verdict.kind = antimalware::verdict_kind_of(get_string(object, "verdict").value_or(""));
  verdict.engine = get_string(object, "engine").value_or("");
  verdict.signature = get_string(object, "signature").value_or("");
  verdict.reason = get_string(object, "reason").value_or("");
  return verdict;
}

}  // namespace

Result<fs::path> find_scanner() {
  std::error_code error;
  const fs::path beside = fs::read_symlink("/proc/self/exe", error).parent_path();
  for (const fs::path& folder : {beside, beside.parent_path() / "libexec/warder", fs::path("/usr/libexec/warder")}) {
    fs::path candidate = folder / kProgram;
    if (fs::exists(candidate, error)) return candidate;
  }
  return fail(ErrorCode::NotFound, "warder-scanner is neither beside this program (" + beside.string() +
                                       ") nor in ../libexec/warder nor in /usr/libexec/warder");
}

Result<std::string> scanner_version(const fs::path& program) {
  const ProcessOutput output = WD_TRY(run_process({program.string(), "--version"}));
  if (output.exit_code != 0) return fail(ErrorCode::Unavailable, program.string() + " --version failed: " + output.err);
  return std::string(trim(output.out));
}

Result<StartedScanner> start_scanner(const ScannerOptions& options) {
  StartedScanner started;
  std::error_code error;
  std::string folder = (fs::temp_directory_path(error) / "warder-scan-XXXXXX").string();
  if (error || ::mkdtemp(folder.data()) == nullptr) return fail_errno("a temporary directory for the scanner", errno);
  started.temporary = folder;
  auto ends = WD_TRY(make_pair());
  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  ::posix_spawn_file_actions_adddup2(&actions, ends[1].get(), kControlSocket);
  ::posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  ::posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0);
  ::posix_spawn_file_actions_addclosefrom_np(&actions, kControlSocket + 1);
  std::vector<std::string> words = {options.program.string(),
                                    options.signatures.string(),
                                    started.temporary.string(),
                                    std::to_string(options.max_time.count()),
                                    std::to_string(options.max_file_bytes),
                                    std::to_string(options.max_memory_bytes)};
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string& word : words) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  const int result = ::posix_spawn(&started.pid, options.program.c_str(), &actions, nullptr, arguments.data(), environ);
  ::posix_spawn_file_actions_destroy(&actions);
  if (result != 0) {
    fs::remove_all(started.temporary, error);
    return fail_errno(options.program.string(), result);
  }
  started.control = std::move(ends[0]);
  return started;
}

Result<std::unique_ptr<Scanner>> Scanner::start(const ScannerOptions& options) {
  std::unique_ptr<Scanner> scanner(
      new Scanner(options));  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  scanner->started_ = WD_TRY(start_scanner(options));
  auto answer = receive(scanner->started_.control.get());
  if (!answer) return fail(ErrorCode::Unavailable, "warder-scanner ended while it loaded the signatures");
  scanner->info_ = WD_TRY(info_from_json(answer->object));
  return scanner;
}

std::unique_ptr<Scanner> Scanner::adopt(const ScannerOptions& options, UniqueFd control, Info info) {
  std::unique_ptr<Scanner> scanner(
      new Scanner(options));  // NOLINT(cppcoreguidelines-owning-memory): private constructor
  scanner->started_.control = std::move(control);
  scanner->info_ = std::move(info);
  return scanner;
}

bool Scanner::is_alive() const noexcept {
  pollfd control{started_.control.get(), POLLIN, 0};
  return ::poll(&control, 1, 0) == 0;  // it says nothing after the start
}

Scanner::~Scanner() {
  started_.control.reset();
  if (started_.pid < 0) return;
  ::kill(started_.pid, SIGKILL);  // its processes end with it
  while (::waitpid(started_.pid, nullptr, 0) < 0 && errno == EINTR) {
  }
  std::error_code error;
  fs::remove_all(started_.temporary, error);
}

Result<UniqueFd> Scanner::open_process() {
  auto ends = WD_TRY(make_pair());
  const std::lock_guard lock(mutex_);
  WD_TRY(send(started_.control.get(), {{"serve", true}}, ends[1].get()));
  return std::move(ends[0]);
}

Verdict Connection::scan(int file, const std::string& name) {
  const std::string shown = escape_non_utf8(std::string_view(name).substr(0, kMaxDatagramBytes / 16));
  // A process that somebody else ended says nothing about the file: another one looks once more.
  for (const bool is_second : {false, true}) {
    if (!socket_.is_open()) {
      auto opened = scanner_->open_process();
      if (!opened) return unknown(opened.error().message);
      socket_ = std::move(*opened);
    }
    const auto start = steady_clock::now();
    const auto sent = send(socket_.get(), {{"name", json::string(shown)}}, file);
    auto answer = sent ? receive(socket_.get()) : Result<Datagram>(fail(sent.error()));
    if (answer) return verdict_of(answer->object);
    socket_.reset();
    if (steady_clock::now() - start >= scanner_->options_.max_time)
      return unknown("not finished within " + std::to_string(scanner_->options_.max_time.count()) + " ms");
    if (is_second) break;
  }
  return unknown("the scanner died on this file");
}

}  // namespace warder::scanner
