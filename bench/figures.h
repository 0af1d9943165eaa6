// What benchmarks of the manager share: one clock, one way to fail, one kind of event.
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <functional>
#include <type_traits>
#include <vector>

#include "base/random.h"
#include "base/result.h"
#include "model/event.h"

namespace warder::bench {

/// The value, or the end of the program with the reason.
template <class T>
T must(Result<T> result) {
  if (!result) {
    fmt::print(stderr, "benchmark: {}\n", result.error().message);
    std::exit(1);
  }
  if constexpr (!std::is_void_v<T>) return std::move(*result);
}

inline double seconds_of(const std::function<void()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  work();
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
}

inline double median(std::vector<double> values) {
  std::ranges::sort(values);
  return values[values.size() / 2];
}

/// `share`: 0.95 for the 95th percentile.
inline double percentile(std::vector<double> values, double share) {
  std::ranges::sort(values);
  return values[static_cast<std::size_t>(share * static_cast<double>(values.size() - 1))];
}

/// About 300 bytes: what integrity monitoring sends for a changed file.
inline Event typical_event(Timestamp time, std::uint64_t number) {
  Event event;
  event.time = time;
  event.id = EventId{UuidGenerator{fill_random}.next(time)};
  event.module = ModuleKind::Integrity;
  event.type = "integrity.file.updated";
  event.severity = static_cast<Severity>(number % 5);
  event.rule = "system-files";
  event.set("file.path", fmt::format("/etc/service-{}/settings.d/{}.conf", number % 40, number % 1000));
  event.set("file.hash.sha256", std::string{"9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"});
  event.set("file.size", static_cast<std::int64_t>(number));
  event.set("file.mode", std::string{"0644"});
  event.set("process.executable", std::string{"/usr/bin/dpkg"});
  event.set("user.name", std::string{"root"});
  return event;
}

}  // namespace warder::bench
