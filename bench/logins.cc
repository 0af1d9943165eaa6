// Logins at the default cost of argon2id: how many a second a core gives, and how much memory 200 at once take.
#include <fmt/format.h>
#include <sys/resource.h>
#include <time.h>

#include <atomic>
#include <barrier>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/text.h"
#include "manager/identity/passwords.h"

namespace {

using namespace warder;
using namespace warder::manager;

constexpr std::string_view kPassword = "Correct-Horse-7";
constexpr std::string_view kPepper = "thirty-two bytes of a tenant's own";

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

/// The greatest resident size so far, in MiB.
double peak_mib() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1024;
}

struct Flood {
  int served = 0;
  int turned_away = 0;
};

Flood two_hundred_at_once(Passwords& passwords, const std::string& hash) {
  constexpr int kThreads = 200;
  std::atomic<int> served = 0;
  std::atomic<int> turned_away = 0;
  std::barrier start(kThreads);
  std::vector<std::jthread> threads;
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&] {
      start.arrive_and_wait();
      (passwords.is_match(kPassword, hash, kPepper).value_or(false) ? served : turned_away).fetch_add(1);
    });
  }
  threads.clear();
  return {served, turned_away};
}

}  // namespace

int main() {
  constexpr int kLogins = 40;
  const std::string hash = crypto::hash_password(kPassword, kPepper);
  const double start = cpu_seconds();
  for (int i = 0; i < kLogins; ++i)
    if (!crypto::is_password(kPassword, hash, kPepper)) return 1;
  fmt::print("| logins a second of one core (19 MiB, 2 passes) | {:.1f} | – | – |\n",
             kLogins / (cpu_seconds() - start));

  const double before = peak_mib();
  Passwords as_served;
  const Flood flood = two_hundred_at_once(as_served, hash);
  const double served = peak_mib() - before;
  fmt::print("| 200 at once, as the manager serves them: memory, MiB | {:.0f} | 76 (4 × 19) | {:.2f} |\n", served,
             served / 76);
  fmt::print("| the same: served, turned away at once | {}, {} | – | – |\n", flood.served, flood.turned_away);
  Passwords patient(4, std::chrono::minutes(10), {}, 1000);
  const Flood queued = two_hundred_at_once(patient, hash);
  const double waited = peak_mib() - before;
  fmt::print("| 200 at once that all wait for their turn: memory, MiB | {:.0f} | 3800 (200 × 19) | {:.3f} |\n", waited,
             waited / 3800);
  return queued.served == 200 ? 0 : 1;
}
