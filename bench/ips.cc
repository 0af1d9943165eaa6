// Intrusion prevention over a capture on one thread: with all rules, with none, compile and start, memory.
//   bench_ips [FILE.pcap]        rules: $WARDER_CORPUS/ips/et-open or ../shared/corpus/ips/et-open; without them a few
//   of its own
// The capture is /var/tmp/warder-traffic/mix.pcap if it is there (the corpus has what makes it), else small traffic
// made here.
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <string>
#include <vector>

#include "base/file.h"
#include "engines/ips/engine.h"
#include "engines/ips/image.h"
#include "packet/capture_file.h"
#include "packet/testing.h"

namespace {

using namespace warder;
namespace fs = std::filesystem;

constexpr double kPeerWithRules = 0.80;  // Suricata 7.0.4 with the same rules and mix, a machine of this kind
constexpr double kPeerWithout = 1.84;    // and without rules
constexpr double kPeerLoadSeconds = 13.1;
constexpr double kPeerMegabytes = 395;

double seconds(clockid_t clock) {
  timespec now{};
  ::clock_gettime(clock, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

/// "RssAnon:   123 kB" in megabytes.
double status_megabytes(const std::string& key) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    if (line.starts_with(key + ":")) return std::strtod(line.c_str() + key.size() + 1, nullptr) / 1024;
  }
  return 0;
}

/// A file as memory that does not count as ours.
ByteView mapped(const std::string& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info {};
  if (!file.is_open() || ::fstat(file.get(), &info) != 0 || info.st_size == 0) return {};
  void* const memory =
      ::mmap(nullptr, static_cast<std::size_t>(info.st_size), PROT_READ, MAP_PRIVATE | MAP_POPULATE, file.get(), 0);
  if (memory == MAP_FAILED) return {};
  return {static_cast<const std::uint8_t*>(memory), static_cast<std::size_t>(info.st_size)};
}

std::vector<ips::RuleFile> find_rules() {
  std::vector<ips::RuleFile> files;
  const char* const corpus = std::getenv("WARDER_CORPUS");
  const fs::path folder = fs::path(corpus != nullptr ? corpus : "../shared/corpus") / "ips" / "et-open";
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder, error)) {
    if (entry.path().extension() != ".rules") continue;
    auto text = read_file(entry.path(), std::size_t{64} << 20U);
    if (text) files.push_back({entry.path().string(), std::move(*text)});
  }
  std::ranges::sort(files, {}, &ips::RuleFile::path);
  if (!files.empty()) return files;
  fmt::print(stderr, "no rules at {} (set WARDER_CORPUS): a few of our own instead; the figures compare with nothing\n",
             folder.string());
  std::string text;
  for (int i = 1; i <= 1000; ++i) {
    text += fmt::format("alert http any any -> any any (http.uri; content:\"/attack{}/\"; sid:{};)\n", i, i);
    text += fmt::format("alert tcp any any -> any any (content:\"exploit-{}-code\"; sid:{};)\n", i, 10'000 + i);
  }
  files.push_back({"own.rules", std::move(text)});
  return files;
}

/// Many short HTTP connections as a capture.
std::string make_capture() {
  using namespace packet::testing;   // NOLINT(google-build-using-namespace): packets made by hand
  using namespace packet::tcp_flag;  // NOLINT(google-build-using-namespace)
  const std::string path = "/var/tmp/warder-bench-ips.pcap";
  std::ofstream out(path, std::ios::binary);
  const auto word = [&](std::uint32_t value) { out.write(static_cast<const char*>(static_cast<void*>(&value)), 4); };
  word(0xa1b2c3d4U), word(0x00040002U), word(0), word(0), word(262'144), word(1);
  std::uint32_t time = 0;
  const auto push = [&](bool is_client, std::uint16_t port, TcpSpec spec) {
    Ipv4Spec ip;
    spec.source_port = is_client ? port : 80;
    spec.destination_port = is_client ? 80 : port;
    if (!is_client) std::swap(ip.source, ip.destination);
    const auto frame = packet::testing::ethernet(0x0800, ipv4(ip, packet::testing::tcp(spec)));
    ++time;
    word(time / 10'000), word(time % 10'000 * 100);
    word(static_cast<std::uint32_t>(frame.size())), word(static_cast<std::uint32_t>(frame.size()));
    out.write(static_cast<const char*>(static_cast<const void*>(frame.data())),
              static_cast<std::streamsize>(frame.size()));
  };
  const Bytes body(1448, 'x');
  for (std::uint16_t port = 1024; port < 3024; ++port) {
    const auto request = from_text(fmt::format("GET /page/{}?q=1 HTTP/1.1\r\nHost: www.example.com\r\n\r\n", port));
    const auto head = from_text(fmt::format("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", 20 * body.size()));
    const auto asked = static_cast<std::uint32_t>(1 + request.size());
    push(true, port, {.sequence = 0, .flags = kSyn});
    push(false, port, {.sequence = 0, .acknowledgment = 1, .flags = kSyn | kAck});
    push(true, port, {.sequence = 1, .acknowledgment = 1});
    push(true, port, {.sequence = 1, .acknowledgment = 1, .flags = kAck | kPsh, .payload = request});
    push(false, port, {.sequence = 1, .acknowledgment = asked, .payload = head});
    auto at = static_cast<std::uint32_t>(1 + head.size());
    for (int part = 0; part < 20; ++part, at += static_cast<std::uint32_t>(body.size())) {
      push(false, port, {.sequence = at, .acknowledgment = asked, .payload = body});
      if (part % 2 == 1) push(true, port, {.sequence = asked, .acknowledgment = at});
    }
    push(false, port, {.sequence = at, .acknowledgment = asked, .flags = kFin | kAck});
    push(true, port, {.sequence = asked, .acknowledgment = at + 1, .flags = kFin | kAck});
  }
  return path;
}

/// In a process of its own, so that its memory is only what running needs: opens the image, runs the capture.
int run_child(const std::string& image_path, const std::string& capture_path) {
  const double begin = seconds(CLOCK_MONOTONIC);
  const double begin_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const auto image = mapped(image_path);
  auto rules = ips::open_image(image);
  if (!rules) {
    fmt::print(stderr, "{}\n", rules.error().message);
    return 2;
  }
  const double start = seconds(CLOCK_MONOTONIC) - begin;
  const double start_cpu = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin_cpu;
  const double idle = status_megabytes("RssAnon");
  const auto capture = mapped(capture_path);
  ips::Engine engine(*rules, {});
  const double before = seconds(CLOCK_THREAD_CPUTIME_ID);
  std::uint64_t alerts = 0;
  if (auto done = ips::replay(capture, engine, [&](const ips::Alert&) { ++alerts; }); !done) return 2;
  const double took = seconds(CLOCK_THREAD_CPUTIME_ID) - before;
  const auto& seen = engine.counters();
  fmt::print("{} {} {} {} {} {} {} {} {}\n", start, start_cpu, took, seen.bytes, seen.frames, seen.flows, alerts, idle,
             status_megabytes("RssAnon"));
  return 0;
}

/// What connections that stay open take: in a process of its own, memory before and with them.
int run_flows(const std::string& image_path, std::uint32_t count, bool has_talk) {
  using namespace packet::tcp_flag;  // NOLINT(google-build-using-namespace)
  const auto image = mapped(image_path);
  auto rules = ips::open_image(image);
  if (!rules) return 2;
  ips::Engine engine(*rules, {});
  const auto request = packet::testing::from_text("GET /index.html HTTP/1.1\r\nHost: www.example.com\r\n\r\n");
  const auto answer =
      packet::testing::from_text("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n" + std::string(100, 'x'));
  const auto asked = static_cast<std::uint32_t>(1 + request.size());
  const auto told = static_cast<std::uint32_t>(1 + answer.size());
  std::uint64_t number = 0;
  const auto push = [&](std::uint32_t flow, bool is_client, packet::testing::TcpSpec spec) {
    packet::testing::Ipv4Spec ip;
    ip.source = fmt::format("10.{}.{}.1", flow >> 16U & 255U, flow >> 8U & 255U);
    spec.source_port = is_client ? static_cast<std::uint16_t>(1024 + (flow & 255U)) : 80;
    spec.destination_port = is_client ? 80 : static_cast<std::uint16_t>(1024 + (flow & 255U));
    if (!is_client) std::swap(ip.source, ip.destination);
    const auto bytes = packet::testing::ipv4(ip, packet::testing::tcp(spec));
    auto frame = packet::testing::frame_of(bytes);
    frame.number = ++number;
    engine.inspect(frame);
  };
  const auto open = [&](std::uint32_t flow) {
    push(flow, true, {.sequence = 0, .flags = kSyn});
    push(flow, false, {.sequence = 0, .acknowledgment = 1, .flags = kSyn | kAck});
    push(flow, true, {.sequence = 1, .acknowledgment = 1});
    if (!has_talk) return;
    push(flow, true, {.sequence = 1, .acknowledgment = 1, .flags = kAck | kPsh, .payload = request});
    push(flow, false, {.sequence = 1, .acknowledgment = asked, .flags = kAck | kPsh, .payload = answer});
    push(flow, true, {.sequence = asked, .acknowledgment = told});
  };
  open(0);
  const double before = status_megabytes("RssAnon");
  for (std::uint32_t flow = 1; flow <= count; ++flow) open(flow);
  fmt::print("{}\n", (status_megabytes("RssAnon") - before) * 1024 * 1024 / count);
  return 0;
}

void print_flow_memory(const std::string& image) {
  constexpr std::uint32_t kFlows = 50'000;
  for (const bool has_talk : {false, true}) {
    const auto command = fmt::format("{} --flows {} {} {}", fs::read_symlink("/proc/self/exe").string(), image, kFlows,
                                     has_talk ? 1 : 0);
    FILE* const pipe = ::popen(command.c_str(), "r");
    double bytes = 0;
    if (pipe == nullptr || std::fscanf(pipe, "%lf", &bytes) != 1) std::exit(2);
    ::pclose(pipe);
    fmt::print("| memory of an open connection, {}, bytes (of {}) | {:.0f} | | |\n",
               has_talk ? "HTTP, one request answered" : "nothing said yet", kFlows, bytes);
  }
}

struct Figures {
  double start = 0, start_cpu = 0, took = 0, bytes = 0, frames = 0, flows = 0, alerts = 0, idle = 0, memory = 0;
};
Figures run(const std::string& image, const std::string& capture) {
  const auto command = fmt::format("{} --child {} {}", fs::read_symlink("/proc/self/exe").string(), image, capture);
  Figures f;
  FILE* const pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr || std::fscanf(pipe, "%lf %lf %lf %lf %lf %lf %lf %lf %lf", &f.start, &f.start_cpu, &f.took,
                                     &f.bytes, &f.frames, &f.flows, &f.alerts, &f.idle, &f.memory) != 9) {
    fmt::print(stderr, "the run failed\n");
    std::exit(2);
  }
  ::pclose(pipe);
  return f;
}

Figures best(const std::string& image, const std::string& capture) {
  auto found = run(image, capture);
  for (int i = 0; i < 2; ++i) {
    const auto again = run(image, capture);
    if (again.took < found.took) found = again;
  }
  return found;
}

/// `count` of the rules, evenly taken; beyond those that there are, names of hosts as lists of bad ones have them.
std::vector<ips::RuleFile> some_rules(const std::vector<ips::RuleFile>& files, std::size_t count) {
  std::vector<std::string_view> all;
  for (const auto& file : files) {
    for (std::size_t at = 0; at < file.text.size();) {
      const auto end = std::min(file.text.find('\n', at), file.text.size());
      const auto line = std::string_view(file.text).substr(at, end - at);
      if (line.find("(msg:") != std::string_view::npos && !line.starts_with('#')) all.push_back(line);
      at = end + 1;
    }
  }
  std::string text;
  for (std::size_t i = 0; i < std::min(count, all.size()); ++i)
    text.append(all[count < all.size() ? i * all.size() / count : i]) += '\n';
  for (std::size_t i = all.size(); i < count; ++i) {
    text += fmt::format(
        "alert {} (msg:\"{}\"; {}; content:\".{:08x}-{}.example\"; nocase; endswith; fast_pattern; sid:{};)\n",
        i % 2 == 0 ? "dns any any -> any any" : "tls any any -> any any", i,
        i % 2 == 0 ? "dns.query; dotprefix" : "tls.sni; dotprefix", i * 2'654'435'761U & 0xffffffffU, i,
        90'000'000 + i);
  }
  return {{files[0].path, std::move(text)}};
}

std::string write_image(const std::vector<ips::RuleFile>& files, const std::string& path, bool is_quiet = false) {
  const auto read = [](const std::string& name) { return read_file(name, std::size_t{64} << 20U); };
  const double begin = seconds(CLOCK_PROCESS_CPUTIME_ID);
  const auto image = ips::make_image(files, {}, read);
  if (!image || !write_file_atomically(path, as_text(image->bytes))) std::exit(2);
  const double took = seconds(CLOCK_PROCESS_CPUTIME_ID) - begin;
  if (!files.empty() && !is_quiet) {
    fmt::print("| rules loaded, of {} | {} | | |\n",
               image->rules->rules().size() + image->rules->loaded().skipped.size(), image->rules->rules().size());
    fmt::print("| load and compile from text, s of CPU | {:.2f} | {} | {:.2f} |\n", took, kPeerLoadSeconds,
               took / kPeerLoadSeconds);
    fmt::print("| image, MB (patterns {:.1f}) | {:.1f} | | |\n",
               static_cast<double>(image->rules->pattern_memory()) * 1e-6,
               static_cast<double>(image->bytes.size()) * 1e-6);
  }
  return path;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc == 4 && std::string(argv[1]) == "--child") return run_child(argv[2], argv[3]);
  if (argc == 5 && std::string(argv[1]) == "--flows")
    return run_flows(argv[2], static_cast<std::uint32_t>(std::strtoul(argv[3], nullptr, 10)), argv[4][0] == '1');
  std::string capture = argc > 1 ? argv[1] : "/var/tmp/warder-traffic/mix.pcap";
  if (!fs::exists(capture)) capture = make_capture();
  const auto files = find_rules();
  const auto with = write_image(files, "/var/tmp/warder-bench-ips.image");
  const auto without = write_image({}, "/var/tmp/warder-bench-none.image");
  const auto all = best(with, capture);
  const auto none = best(without, capture);
  const auto rate = [](const Figures& f) { return f.bytes * 8e-9 / f.took; };
  fmt::print("| start from the image, s (s of CPU: {:.2f}) | {:.2f} | 1 | {:.2f} |\n", all.start_cpu, all.start,
             all.start);
  fmt::print(
      "| all rules, Gbit/s of a thread's time ({:.0f} MB, {:.0f} frames, {:.0f} flows, {:.0f} alerts) | {:.2f} | {} | "
      "{:.2f} |\n",
      all.bytes * 1e-6, all.frames, all.flows, all.alerts, rate(all), kPeerWithRules, rate(all) / kPeerWithRules);
  fmt::print("| all rules, thousand packets a second | {:.0f} | 133 | {:.2f} |\n", all.frames * 1e-3 / all.took,
             all.frames * 1e-3 / all.took / 133);
  fmt::print("| no rules, Gbit/s | {:.2f} | {} | {:.2f} |\n", rate(none), kPeerWithout, rate(none) / kPeerWithout);
  fmt::print("| memory with all rules, MB: after the start / after the run | {:.0f} / {:.0f} | {} | {:.2f} |\n",
             all.idle, all.memory, kPeerMegabytes, all.memory / kPeerMegabytes);
  print_flow_memory(with);
  for (const std::size_t count : {std::size_t{1'000}, std::size_t{10'000}, std::size_t{40'000}}) {
    const auto some = best(write_image(some_rules(files, count), "/var/tmp/warder-bench-some.image", true), capture);
    fmt::print(
        "| {} rules: Gbit/s; start, s; memory after the run, MB | {:.2f}; {:.2f}; {:.0f} | {:.2f} (none) | {:.2f} |\n",
        count, rate(some), some.start, some.memory, rate(none), rate(some) / rate(none));
  }
  return 0;
}
