// A reader of the packet queues for bench_ips_inline.py, in the network namespace that it is started in:
//   ips_inline_worker accept          everything passes, large packets whole and verdicts in batches
//   ips_inline_worker engine RULES…   intrusion prevention's own lanes with these rule files, in prevent mode
// Says "ready" when packets are led to it, and ends with what it read from standard input.
#include <fmt/format.h>

#include <cstdio>
#include <filesystem>
#include <thread>

#include "agent/module_ips_lanes.h"
#include "base/file.h"
#include "base/random.h"
#include "host/linux/packet_queue.h"
#include "model/kernel_names.h"

namespace {

using namespace warder;

constexpr unsigned kQueues = 2;

void wait_for_the_end() {
  std::fputs("ready\n", stdout);
  std::fflush(stdout);
  while (std::fgetc(stdin) != EOF) {
  }
}

int accept_all() {
  std::vector<std::unique_ptr<host::PacketSource>> sources;
  std::vector<std::jthread> threads;
  for (unsigned i = 0; i < kQueues; ++i) {
    auto source = host::open_packet_queue({.number = static_cast<std::uint16_t>(kernel::kQueueFirst + i)});
    if (!source) return 1;
    sources.push_back(std::move(*source));
    threads.emplace_back([queue = sources.back().get()](const std::stop_token& stop) {
      std::vector<host::PacketVerdict> verdicts;
      while (!stop.stop_requested()) {
        const auto packets = queue->receive(std::chrono::milliseconds(500));
        if (!packets) return;
        verdicts.assign(packets->size(), {});
        if (!queue->answer(verdicts)) return;
      }
    });
  }
  host::QueueRulesOptions options;
  options.first_queue = kernel::kQueueFirst;
  options.queues = kQueues;
  const auto rules = host::QueueRules::install(options);
  if (!rules) return 1;
  wait_for_the_end();
  return 0;
}

/// A pack of the files, in a folder of its own: as the agent has them.
int inspect(std::span<char*> files) {
  const auto folder = std::filesystem::temp_directory_path() / ("ips-inline-" + to_hex(random_bytes(8)));
  const auto pack = folder / "packs/bench";
  std::filesystem::create_directories(pack);
  std::filesystem::create_directories(folder / "state");
  for (const char* const file : files) std::filesystem::copy_file(file, pack / std::filesystem::path(file).filename());
  if (!write_file_atomically(pack / "pack.json", R"({"name": "bench", "version": "1"})")) return 1;
  ips::Policy settings;
  settings.mode = "prevent";
  settings.shadow_hours = 0;
  settings.queues = kQueues;
  auto rollout = agent::IpsRollout::open(folder / "state");
  const auto began = std::chrono::steady_clock::now();
  const auto policy =
      agent::compile_ips_policy(settings, {folder / "packs", {}}, **rollout,
                                std::chrono::time_point_cast<Timestamp::duration>(std::chrono::system_clock::now()));
  std::filesystem::remove_all(folder);
  if (!policy) {
    std::fputs((policy.error().message + "\n").c_str(), stderr);
    return 1;
  }
  agent::IpsAlerts alerts;
  const auto lanes = agent::IpsLanes::start(*policy, alerts);
  if (!lanes) {
    std::fputs((lanes.error().message + "\n").c_str(), stderr);
    return 1;
  }
  const auto took = std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  std::fputs(fmt::format("{} rules, {:.1f} s to load\n", (*policy)->rules->rules().size(), took).c_str(), stderr);
  wait_for_the_end();
  std::map<std::string, std::uint64_t> counters;
  (*lanes)->count(counters);
  for (const auto& [name, value] : counters) std::fputs(fmt::format("{} {}\n", name, value).c_str(), stderr);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  const std::span<char*> words(argv, static_cast<std::size_t>(argc));
  if (words.size() == 2 && std::string_view(words[1]) == "accept") return accept_all();
  if (words.size() > 2 && std::string_view(words[1]) == "engine") return inspect(words.subspan(2));
  std::fputs("usage: ips_inline_worker accept | engine RULES…\n", stderr);
  return 2;
}
