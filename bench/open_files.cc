// Not a benchmark by itself: bench_on_access.py starts it. Opens each file of a list, and prints a line a round: the
// median and the 99th percentile of one open in microseconds, and the mean of open and close.
//   open_files LIST ROUNDS
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <string>
#include <vector>

int main(int count, char** arguments) {
  using Clock = std::chrono::steady_clock;
  if (count != 3) return 2;
  std::vector<std::string> paths;
  std::ifstream list(arguments[1]);
  for (std::string path; std::getline(list, path);) paths.push_back(path);
  if (paths.empty()) return 2;
  const int rounds = std::atoi(arguments[2]);
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> micros;
    micros.reserve(paths.size());
    const auto start = Clock::now();
    for (const std::string& path : paths) {
      const auto before = Clock::now();
      const int fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
      micros.push_back(std::chrono::duration<double, std::micro>(Clock::now() - before).count());
      if (fd >= 0) ::close(fd);
    }
    const double all = std::chrono::duration<double, std::micro>(Clock::now() - start).count();
    std::sort(micros.begin(), micros.end());
    std::printf("%.3f %.3f %.3f\n", micros[micros.size() / 2], micros[micros.size() * 99 / 100],
                all / static_cast<double>(paths.size()));
  }
  return 0;
}
