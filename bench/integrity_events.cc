// How many notifications a second reach us without one being lost, and what they cost: writers that do nothing but
// make, write and remove files on one file system, and the watch of the agent, read as the agent reads it.
//   integrity_events DIRECTORY SECONDS WRITERS [gather_ms]
#include <fcntl.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "host/linux/linux_host.h"

namespace {

using std::chrono::duration;
using std::chrono::milliseconds;
using std::chrono::steady_clock;

[[noreturn]] void write_for_ever(const std::string& directory) {
  for (unsigned i = 0;; ++i) {
    const std::string path = directory + "/f" + std::to_string(i % 5000);
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0 || ::write(fd, "x", 1) != 1) ::_exit(1);
    ::close(fd);
    if (i % 5000 == 4999)
      for (unsigned j = 0; j < 5000; ++j) ::unlink((directory + "/f" + std::to_string(j)).c_str());
  }
}

double own_cpu_s() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

int run(const std::string& top, double length_s, int writers, milliseconds gather) {
  const auto watch = warder::host::make_linux_file_watch();
  const auto tree = warder::host::make_linux_file_tree();
  const auto directory = tree->open(top);
  if (!watch || !directory || !(*watch)->cover(top, (*directory)->stat())) return 1;
  (*watch)->set_interest([&](const std::string& path) { return path.starts_with(top); });
  std::vector<pid_t> children;
  for (int i = 0; i < writers; ++i) {
    const std::string own = top + "/w" + std::to_string(i);
    const std::string command = "mkdir -p " + own;
    if (std::system(command.c_str()) != 0) return 1;  // NOLINT(cert-env33-c,concurrency-mt-unsafe): of the bench itself
    const pid_t child = ::fork();
    if (child == 0) write_for_ever(own);
    children.push_back(child);
  }
  std::size_t events = 0;
  std::size_t losses = 0;
  const double cpu = own_cpu_s();
  const auto start = steady_clock::now();
  double took = 0;
  while ((took = duration<double>(steady_clock::now() - start).count()) < length_s) {
    const auto batch = (*watch)->read(milliseconds(1000), gather);
    if (!batch) return 1;
    events += batch->events.size();
    losses += batch->losses.size();
  }
  for (const pid_t child : children) ::kill(child, SIGKILL);
  for (const pid_t child : children) ::waitpid(child, nullptr, 0);
  std::printf("%.0f events/s, %zu losses, %.2f us of CPU an event\n", static_cast<double>(events) / took, losses,
              (own_cpu_s() - cpu) * 1e6 / static_cast<double>(events));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 4) return 2;
  return run(argv[1], std::atof(argv[2]), std::atoi(argv[3]), milliseconds(argc > 4 ? std::atoi(argv[4]) : 20));
}
