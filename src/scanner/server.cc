#include "scanner/server.h"

#include <malloc.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <map>

#include "base/text.h"
#include "scanner/clamav.h"
#include "scanner/protocol.h"
#include "scanner/sandbox.h"
#include "scanner/subject.h"
#include "scanner/yara.h"

namespace warder::scanner {
namespace {

namespace fs = std::filesystem;
using antimalware::Verdict;
using antimalware::VerdictKind;

// Beyond the library's own limit the kernel's alarm ends the process.
constexpr std::chrono::milliseconds kGrace{500};

// What a scan has needed once, the next will need too: the heap is not given back and faulted in again for each.
constexpr int kKeptBytes = 8 << 20;

struct Engines {
  std::unique_ptr<Clamav> clamav;
  std::unique_ptr<Yara> yara;
  ContentReader reader;
};

Result<std::uint64_t> address_space_bytes() {
  const std::string text = WD_TRY(read_file("/proc/self/statm", 4096));
  const auto pages = parse_integer<std::uint64_t>(split(text, ' ').front());
  if (!pages) return fail(ErrorCode::Internal, "/proc/self/statm: not understood");
  return *pages * static_cast<std::uint64_t>(::sysconf(_SC_PAGESIZE));
}

void set_alarm(std::chrono::milliseconds after) {
  itimerval timer{};
  timer.it_value.tv_sec = after.count() / 1000;
  timer.it_value.tv_usec = after.count() % 1000 * 1000;
  ::setitimer(ITIMER_REAL, &timer, nullptr);
}

Verdict scan(Engines& engines, int file, const std::string& name, std::chrono::milliseconds max_time) {
  struct stat status {};
  if (::fstat(file, &status) != 0 || !S_ISREG(status.st_mode))
    return {VerdictKind::Error, "", "", "not a regular file"};
  if (status.st_size == 0) return {VerdictKind::Clean, "", "", ""};
  Verdict verdict{VerdictKind::Clean, "", "", ""};
  const Subject subject{file, engines.reader.read(file), name};
  if (engines.clamav) verdict = engines.clamav->scan(subject);
  if (verdict.kind == VerdictKind::Infected || !engines.yara) return verdict;
  Verdict second = engines.yara->scan(subject, max_time);
  return second.kind == VerdictKind::Clean ? verdict : second;
}

json::object to_json(const Verdict& verdict) {
  return {{"verdict", json::string(antimalware::name(verdict.kind))},
          {"engine", json::string(verdict.engine)},
          {"signature", json::string(verdict.signature)},
          {"reason", json::string(verdict.reason)}};
}

Result<void> answer_all(Engines& engines, int socket, const ServerOptions& options) {
  for (;;) {
    Datagram request = WD_TRY(receive(socket));
    const std::string name(get_string(request.object, "name").value_or(""));
    set_alarm(options.max_time + kGrace);
    const Verdict verdict = request.file.is_open() ? scan(engines, request.file.get(), name, options.max_time)
                                                   : Verdict{VerdictKind::Error, "", "", "no file came"};
    set_alarm(std::chrono::milliseconds(0));
    WD_TRY(send(socket, to_json(verdict)));
  }
}

[[noreturn]] void scan_until_end(Engines& engines, UniqueFd socket, const fs::path& temporary,
                                 const ServerOptions& options) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  ::mallopt(M_MMAP_THRESHOLD, kKeptBytes);
  ::mallopt(M_TRIM_THRESHOLD, kKeptBytes);
  if (!engines.clamav || engines.clamav->set_temporary_directory(temporary.string())) {
    if (confine(options.max_memory_bytes)) static_cast<void>(answer_all(engines, socket.get(), options));
  }
  ::_exit(0);
}

// Removes what dead processes left, so that no file is found by the next.
void reap(std::map<pid_t, fs::path>& children) {
  for (pid_t pid = 0; (pid = ::waitpid(-1, nullptr, WNOHANG)) > 0;) {
    const auto found = children.find(pid);
    if (found == children.end()) continue;
    std::error_code error;
    fs::remove_all(found->second, error);
    children.erase(found);
  }
}

Result<void> fork_for_each(Engines& engines, const fs::path& temporary, const ServerOptions& options) {
  std::map<pid_t, fs::path> children;
  std::uint64_t number = 0;
  for (;;) {
    pollfd control{kControlSocket, POLLIN, 0};
    const int ready = ::poll(&control, 1, 1000);
    reap(children);
    if (ready <= 0) continue;
    Datagram request = WD_TRY(receive(kControlSocket));
    if (!request.file.is_open()) continue;
    const fs::path own = temporary / std::to_string(++number);
    std::error_code error;
    fs::create_directory(own, error);
    const pid_t pid = ::fork();
    if (pid == 0) {
      ::close(kControlSocket);
      scan_until_end(engines, std::move(request.file), own, options);
    }
    if (pid > 0) children.emplace(pid, own);
  }
}

Result<Engines> load(const ServerOptions& options, Info& info) {
  Engines engines;
  engines.clamav = WD_TRY(Clamav::load({options.signatures, options.max_time, options.max_file_bytes}));
  engines.yara = WD_TRY(Yara::load(options.signatures));
  if (engines.clamav) {
    info.signatures = engines.clamav->signatures();
    info.version = Clamav::version();
  }
  if (engines.yara) {
    info.rules = engines.yara->rules();
    info.warnings = engines.yara->warnings();
    info.version += (info.version.empty() ? "" : ", ") + Yara::version();
  }
  return engines;
}

Result<void> run(const ServerOptions& options) {
  Info info;
  Engines engines = WD_TRY(load(options, info));
  // Children inherit it; /proc is out of reach after this.
  const std::uint64_t used = WD_TRY(address_space_bytes());
  const rlimit memory{used + options.max_memory_bytes, used + options.max_memory_bytes};
  const fs::path temporary = WD_TRY(give_up_privileges(options.temporary));
  if (::setrlimit(RLIMIT_AS, &memory) != 0) return fail_errno("setrlimit", errno);
  WD_TRY(send(kControlSocket, to_json(info)));
  return fork_for_each(engines, temporary, options);
}

}  // namespace

Result<void> serve(const ServerOptions& options) {
  auto result = run(options);
  if (!result && result.error().code != ErrorCode::Unavailable)
    static_cast<void>(send(kControlSocket, {{"state", "failed"}, {"error", json::string(result.error().message)}}));
  return result;
}

}  // namespace warder::scanner
