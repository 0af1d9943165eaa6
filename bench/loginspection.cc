// Lines a CPU second of the log inspection engine, its memory and its start: the rule sets of OSSEC and Wazuh over a
// mix of logs where they are at hand (the corpus beside the repository, or WARDER_CORPUS), and rules made here, whose
// number grows. Prints rows of docs/performance.md.
#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <random>

#include "base/file.h"
#include "base/text.h"
#include "engines/loginspection/engine.h"
#include "engines/loginspection/image.h"

namespace {

using namespace warder;                 // NOLINT(google-build-using-namespace)
using namespace warder::loginspection;  // NOLINT(google-build-using-namespace)
namespace fs = std::filesystem;

constexpr std::size_t kMixLines = 500'000;
constexpr std::size_t kMadeLines = 200'000;
constexpr int kRounds = 3;

double seconds(clockid_t clock) {
  timespec time{};
  ::clock_gettime(clock, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}
double cpu_s() {
  return seconds(CLOCK_PROCESS_CPUTIME_ID);
}

double resident_mb() {
  std::ifstream in("/proc/self/statm");
  std::size_t all = 0;
  std::size_t resident = 0;
  in >> all >> resident;
  return static_cast<double>(resident) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / 1e6;
}

struct Lines {
  std::string text;
  std::vector<std::string_view> lines;
};

Lines split_lines(std::string text) {
  Lines made{std::move(text), {}};
  for (const std::string_view line : split(made.text, '\n')) {
    if (!line.empty()) made.lines.push_back(line);
  }
  return made;
}

struct Run {
  double lines_per_s = 0;
  double mb_per_s = 0;
  std::size_t alerts = 0;
};

/// Best of several rounds, each by a new engine; each line is counted in exactly one finding.
Run run(const std::shared_ptr<const Compiled>& compiled, const Lines& log) {
  Run best;
  for (int round = 0; round < kRounds; ++round) {
    Engine engine(compiled);
    std::size_t alerts = 0;
    Timestamp now{std::chrono::sys_days{std::chrono::year{2026} / 11 / 22}};
    const double start = cpu_s();
    for (const std::string_view line : log.lines) {
      now += std::chrono::milliseconds(10);
      alerts += engine.inspect({line, "bench", "here", now, 0}).is_alert ? 1U : 0U;
    }
    const double rate = static_cast<double>(log.lines.size()) / (cpu_s() - start);
    if (rate <= best.lines_per_s) continue;
    best = {rate, rate * static_cast<double>(log.text.size()) / static_cast<double>(log.lines.size()) / 1e6, alerts};
  }
  return best;
}

struct Peer {
  const char* name;
  double lines_per_s;
  double resident_mb;
};

void measure(const char* name, const Definition& definition, const Lines& log, const Peer& peer) {
  double start = seconds(CLOCK_MONOTONIC);
  Checked checked = check(definition);
  const double text_ms = (seconds(CLOCK_MONOTONIC) - start) * 1e3;
  const std::string image = save_image(*checked.compiled, "bench");
  checked.compiled.reset();
  double image_ms = 1e9;
  std::shared_ptr<const Compiled> compiled;
  for (int round = 0; round < kRounds; ++round) {
    start = seconds(CLOCK_MONOTONIC);
    auto loaded = load_image(as_bytes(image), "bench");
    image_ms = std::min(image_ms, (seconds(CLOCK_MONOTONIC) - start) * 1e3);
    if (!loaded) std::exit((fmt::print("{}\n", loaded.error().message), 1));
    compiled = std::move(*loaded);
  }
  const Run found = run(compiled, log);
  const std::size_t rules = rule_count(*compiled);
  fmt::print("| {}: {} rules, {} lines, {:.0f} % alerts: lines a CPU second | {:.0f} | {:.0f} ({}) | {:.1f} |\n", name,
             rules, log.lines.size(), 100.0 * static_cast<double>(found.alerts) / static_cast<double>(log.lines.size()),
             found.lines_per_s, peer.lines_per_s, peer.name, found.lines_per_s / peer.lines_per_s);
  fmt::print("| {}: MB a CPU second | {:.1f} | | |\n", name, found.mb_per_s);
  fmt::print("| {}: start from text, ms | {:.0f} | | |\n", name, text_ms);
  fmt::print("| {}: start from the image ({:.1f} MB), ms | {:.1f} | 100 | {:.2f} |\n", name,
             static_cast<double>(image.size()) / 1e6, image_ms, image_ms / 100);
}

/// Memory of a process that only loads the image and works, seen from one made for it.
void measure_memory(const char* name, const std::string& image, const Lines& log, const Peer& peer) {
  const double base = resident_mb();
  const auto compiled = load_image(as_bytes(image), "bench");
  if (!compiled) return;
  Engine engine(*compiled);
  Timestamp now{};
  for (const std::string_view line : log.lines) static_cast<void>(engine.inspect({line, "bench", "here", now, 0}));
  const double used = resident_mb() - base;
  fmt::print("| {}: resident memory of the engine behind the mix, MB | {:.1f} | {:.0f} ({}) | {:.2f} |\n", name, used,
             peer.resident_mb, peer.name, used / peer.resident_mb);
}

/// In a process of its own, so that one measurement's memory is not the next one's.
template <class Work>
void apart(Work work) {
  std::fflush(stdout);
  const pid_t child = ::fork();
  if (child == 0) {
    work();
    std::fflush(stdout);
    ::_exit(0);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
}

void add_files(std::vector<SourceText>& texts, const fs::path& folder) {
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    const std::string file = entry.path().filename();
    if (entry.path().extension() == ".xml" && !file.ends_with("policy_rules.xml")) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  for (const auto& file : files) texts.push_back({file.filename(), *read_file(file)});
}

Definition ossec(const fs::path& corpus) {
  Definition made;
  made.dialect = Dialect::Ossec;
  made.decoders = {{"decoder.xml", *read_file(corpus / "ossec/decoder.xml")}};
  add_files(made.rules, corpus / "ossec/rules");
  return made;
}

Definition wazuh(const fs::path& corpus) {
  Definition made;
  add_files(made.decoders, corpus / "wazuh/decoders");
  add_files(made.rules, corpus / "wazuh/rules");
  for (const auto& entry : fs::recursive_directory_iterator(corpus / "wazuh/lists")) {
    if (!entry.is_regular_file()) continue;
    made.lists.push_back({"etc/lists/" + entry.path().lexically_relative(corpus / "wazuh/lists").string(),
                          *read_file(entry.path(), 64 << 20)});
  }
  return made;
}

/// The mix of the corpus' script: sshd, sudo, Apache, syslog and lines of the test cases.
std::optional<Lines> mix(const fs::path& corpus) {
  const fs::path file = fs::temp_directory_path() / fmt::format("warder-bench-mix-{}.log", ::getpid());
  const std::string command =
      fmt::format("python3 '{}' {} '{}' >/dev/null", (corpus / "make-logs").string(), kMixLines, file.string());
  if (std::system(command.c_str()) != 0) return std::nullopt;  // NOLINT(cert-env33-c): a bench, and a path of ours
  auto text = read_file(file, 512 << 20);
  fs::remove(file);
  if (!text) return std::nullopt;
  return split_lines(std::move(*text));
}

/// Lines of several programs, no two the same. A quarter has one of `codes` codes; rules are about one code each.
Lines made_lines(unsigned codes) {
  std::mt19937 random(1);
  std::string text;
  for (std::size_t i = 0; i < kMadeLines; ++i) {
    const auto host = static_cast<unsigned>(random() % 20);
    switch (random() % 4) {
      case 0:
        text += fmt::format("Nov 22 10:00:00 web{} sshd[{}]: Failed password for user{} from 192.0.2.{} port {} ssh2\n",
                            host, random() % 60000, random() % 99, random() % 255, random() % 60000);
        break;
      case 1:
        text += fmt::format("Nov 22 10:00:00 web{} CRON[{}]: (root) CMD (run-parts --report /etc/cron.hourly)\n", host,
                            random() % 60000);
        break;
      case 2:
        text += fmt::format("192.0.2.{} - - [22/Nov/2026:10:00:00 +0000] \"GET /page{} HTTP/1.1\" 200 {} \"-\" \"x\"\n",
                            random() % 255, random() % 9999, random() % 60000);
        break;
      default:
        text += fmt::format("Nov 22 10:00:00 web{} app{}[{}]: request {} took {} ms, event code E{:04}\n", host,
                            random() % 9, random() % 60000, random(), random() % 900, random() % codes);
    }
  }
  return split_lines(std::move(text));
}

Definition made_rules(std::size_t count) {
  Definition made;
  made.decoders = {{"decoders.xml", R"(<decoder name="sshd"><program_name>^sshd</program_name></decoder>
<decoder name="app"><program_name>^app</program_name></decoder>
<decoder name="app-code"><parent>app</parent><regex>code (\S+)</regex><order>id</order></decoder>)"}};
  std::string text = R"(<group name="syslog,"><rule id="1" level="0" noalert="1"><category>syslog</category>
<description>All.</description></rule></group><group name="made,">)";
  for (std::size_t i = 0; i < count; ++i) {
    text += fmt::format(
        "<rule id=\"{}\" level=\"{}\"><match>event code E{:04}|reason R{:04}</match><regex>took \\d+ ms</regex>"
        "<description>Event {}.</description></rule>\n",
        100'000 + i, i % 12 + 1, i, i, i);
  }
  made.rules = {{"rules.xml", text + "</group>"}};
  return made;
}

/// The same lines match the same rules while rules are added; then the lines match more and more rules.
void curve() {
  constexpr std::array<unsigned, 3> kCounts = {100, 1000, 5000};
  const Lines same = made_lines(kCounts.front());
  double first = 0;
  for (const bool matches_more : {false, true}) {
    for (const unsigned count : kCounts) {
      const auto compiled = compile(made_rules(count));
      if (!compiled) std::exit((fmt::print("{}\n", compiled.error().message), 1));
      const double ns = 1e9 / run(*compiled, matches_more ? made_lines(count) : same).lines_per_s;
      if (first == 0) first = ns;
      fmt::print("| made: {} rules, 25 % of lines match {}, ns a line | {:.0f} | {:.0f} (100 rules) | {:.2f} |\n",
                 count, matches_more ? "any of them" : "one of 100", ns, first, ns / first);
    }
  }
}

void measure_set(const char* name, const Definition& definition, const Lines& log, const Peer& peer) {
  apart([&] { measure(name, definition, log, peer); });
  const fs::path file = fs::temp_directory_path() / fmt::format("warder-bench-image-{}", ::getpid());
  apart([&] { static_cast<void>(write_file_atomically(file, save_image(*check(definition).compiled, "bench"))); });
  const auto image = read_file(file, 512 << 20);
  fs::remove(file);
  if (image) apart([&] { measure_memory(name, *image, log, peer); });
}

}  // namespace

int main() {
  const char* const set = std::getenv("WARDER_CORPUS");
  const fs::path corpus =
      (set != nullptr ? fs::path(set) : fs::path(WARDER_SOURCE_DIR) / "../shared/corpus") / "loginspection";
  if (fs::exists(corpus / "ossec")) {
    const auto log = mix(corpus);
    if (!log) return 1;
    // Measured on a machine of this kind with the same rules and lines; see docs/performance.md.
    measure_set("OSSEC 4.3", ossec(corpus), *log, {"ossec-logtest -a", 47'000, 33});
    measure_set("Wazuh 4.14", wazuh(corpus), *log, {"its engine", 12'700, 80});
  } else {
    fmt::print("| rule sets of OSSEC and Wazuh | no corpus at {} | | |\n", corpus.string());
  }
  apart(curve);
  return 0;
}
