// CPU time of one look at this host, whole and by kind. Prints rows of docs/performance.md.
#include <fmt/format.h>

#include <ctime>
#include <string>

#include "engines/inventory/collect.h"
#include "host/linux/linux_host.h"

namespace {

using namespace warder;  // NOLINT(google-build-using-namespace)

double cpu_ms() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) * 1e3 + static_cast<double>(time.tv_nsec) / 1e6;
}

void row(const std::string& figure, double value, const std::string& unit, double limit) {
  fmt::print("| {} | {:.2f} {} | {:.0f} {} | {:.3f} |\n", figure, value, unit, limit, unit, value / limit);
}

}  // namespace

int main() {
  constexpr int kRounds = 5;
  constexpr double kLimit = 1000;  // one second of CPU every 15 minutes is a thousandth of a core
  const auto facts = host::make_linux_facts();
  for (const inventory::KindRow& kind : inventory::kinds()) {
    inventory::CollectOptions options;
    options.kinds = {kind.kind};
    options.software.language_packages = false;
    std::size_t items = 0;
    const double start = cpu_ms();
    for (int i = 0; i < kRounds; ++i) {
      const auto collected = inventory::collect(*facts, options);
      const auto list = collected.snapshot.find(kind.kind);
      items = list == collected.snapshot.end() ? 0 : list->second.size();
    }
    row(fmt::format("inventory: {} ({} items)", kind.name, items), (cpu_ms() - start) / kRounds, "ms", kLimit);
  }
  inventory::CollectOptions options;
  options.software.language_packages = false;
  double start = cpu_ms();
  for (int i = 0; i < kRounds; ++i) static_cast<void>(inventory::collect(*facts, options));
  row("inventory: everything but language packages", (cpu_ms() - start) / kRounds, "ms", kLimit);
  options.software.language_packages = true;
  for (const char* what : {"first", "later"}) {
    start = cpu_ms();
    static_cast<void>(inventory::collect(*facts, options));
    row(fmt::format("inventory: with language packages, {} search", what), cpu_ms() - start, "ms", kLimit);
  }
  return 0;
}
