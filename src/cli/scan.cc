#include "cli/scan.h"

#include <array>
#include <atomic>
#include <boost/json.hpp>
#include <chrono>
#include <ostream>
#include <set>
#include <thread>

#include "base/file.h"
#include "base/text.h"
#include "cli/commands.h"
#include "cli/scan_walk.h"
#include "scanner/file_scan.h"
#include "scanner/memory_scan.h"

namespace warder::cli {
namespace {

namespace fs = std::filesystem;
using antimalware::Verdict;
using antimalware::VerdictKind;
using std::chrono::steady_clock;
using Arguments = std::shared_ptr<ScanArguments>;

constexpr std::size_t kMaxCacheBytes = std::size_t{1} << 30U;
constexpr std::size_t kMaxCleanFiles = 8'000'000;

// Prints what is found, and counts it. Thread-safe.
class Report {
 public:
  Report(Session& session, const ScanArguments& arguments) : session_(session), arguments_(arguments) {}

  void add(const std::string& path, const scanner::ScannedFile& file, std::chrono::milliseconds took) {
    const std::lock_guard lock(mutex_);
    ++counts_[static_cast<std::size_t>(file.verdict.kind)];
    const bool is_bad = file.verdict.kind == VerdictKind::Infected || file.verdict.kind == VerdictKind::Suspicious;
    if (arguments_.is_infected_only && !is_bad && file.verdict.kind != VerdictKind::Error) return;
    std::ostream& out = session_.environment().out;
    if (session_.is_json()) {
      out << json::serialize(row(path, file, took)) << '\n';
    } else {
      out << printable(path) << ": " << printable(words(file.verdict)) << '\n';
    }
    if (is_bad) out.flush();
  }

  [[nodiscard]] std::uint64_t count(VerdictKind kind) const { return counts_[static_cast<std::size_t>(kind)]; }

 private:
  static json::value text_or_null(const std::string& text) {
    if (text.empty()) return nullptr;
    return json::string(escape_non_utf8(text));
  }

  static json::object row(const std::string& path, const scanner::ScannedFile& file, std::chrono::milliseconds took) {
    const Verdict& verdict = file.verdict;
    json::object row{{"path", json::string(escape_non_utf8(path))},
                     {"verdict", json::string(antimalware::name(verdict.kind))},
                     {"engine", text_or_null(verdict.engine)},
                     {"signature", text_or_null(verdict.signature)},
                     {"sha256", nullptr},
                     {"ms", took.count()}};
    if (file.sha256) row["sha256"] = json::string(to_hex(*file.sha256));
    if (!verdict.reason.empty()) row["reason"] = text_or_null(verdict.reason);
    return row;
  }

  // The words of clamscan where it has them.
  static std::string words(const Verdict& verdict) {
    switch (verdict.kind) {
      case VerdictKind::Clean:
        return "OK";
      case VerdictKind::Infected:
        return verdict.signature + " FOUND";
      case VerdictKind::Suspicious:
        return verdict.signature + " SUSPICIOUS (" + verdict.reason + ")";
      case VerdictKind::Skipped:
        return "SKIPPED (" + verdict.reason + ")";
      case VerdictKind::Error:
        return verdict.reason + " ERROR";
    }
    return "";
  }

  Session& session_;
  const ScanArguments& arguments_;
  std::mutex mutex_;  // guards the output and counts_
  std::array<std::uint64_t, 5> counts_{};
};

// All that decides whether a file is clean: the signature files as they lie there, the libraries, the options.
Result<crypto::Digest> version_of(const ScanArguments& arguments, const fs::path& program) {
  std::set<std::string> lines;
  std::error_code error;
  for (const fs::directory_entry& each : fs::recursive_directory_iterator(arguments.signatures, error)) {
    std::error_code ignored;
    if (!each.is_regular_file(ignored)) continue;
    lines.insert(each.path().lexically_relative(arguments.signatures).string() + ' ' +
                 std::to_string(each.file_size(ignored)) + ' ' +
                 std::to_string(each.last_write_time(ignored).time_since_epoch().count()));
  }
  if (error) return fail_errno(arguments.signatures, error.value());
  std::string text = WD_TRY(scanner::scanner_version(program));
  text += ' ' + std::to_string(arguments.max_file_mb) + ' ' + std::to_string(arguments.tlsh_distance) +
          (arguments.no_heuristics ? " plain\n" : " heuristics\n");
  for (const std::string& each : lines) text += each + '\n';
  return crypto::sha256(as_bytes(text));
}

void note(Session& session, const std::string& text) {
  session.environment().err << "warder: " << printable(text) << '\n';
}

// The scanner, started when the first file needs it. Thread-safe.
class Engine {
 public:
  Engine(Session& session, const ScanArguments& arguments, fs::path program) : session_(session) {
    options_.program = std::move(program);
    options_.signatures = fs::absolute(arguments.signatures);
    options_.max_time = std::chrono::seconds(arguments.max_seconds);
    options_.max_file_bytes = arguments.max_file_mb << 20U;
  }

  /// nullptr when the folder has neither ClamAV signatures nor YARA rules.
  Result<scanner::Scanner*> get() {
    const std::lock_guard lock(mutex_);
    if (!started_) {
      started_ = scanner::Scanner::start(options_);
      if (*started_)
        for (const std::string& each : (**started_)->info().warnings) note(session_, each);
    }
    if (!*started_) return fail(started_->error());
    return signatures() == 0 ? nullptr : (*started_)->get();
  }

  [[nodiscard]] bool is_started() const { return started_.has_value(); }
  /// Signatures and rules; of what has been started.
  [[nodiscard]] std::uint64_t signatures() const {
    if (!started_ || !*started_) return 0;
    return (**started_)->info().signatures + (**started_)->info().rules;
  }

 private:
  Session& session_;
  scanner::ScannerOptions options_;
  std::mutex mutex_;  // guards started_
  std::optional<Result<std::unique_ptr<scanner::Scanner>>> started_;
};

// A connection of one thread, made when it is asked for.
class LazyConnection {
 public:
  explicit LazyConnection(Engine& engine) : engine_(engine) {}
  Result<scanner::Connection*> operator()() {
    if (connection_) return &*connection_;
    scanner::Scanner* const scanner = WD_TRY(engine_.get());
    if (scanner == nullptr) return nullptr;
    connection_ = scanner->connect();
    return &*connection_;
  }

 private:
  Engine& engine_;
  std::optional<scanner::Connection> connection_;
};

void scan_all(const ScanArguments& arguments, const scanner::Indicators& indicators, Engine& engine,
              scanner::CleanFiles* clean, Report& report) {
  PathQueue queue;
  const auto other = [&report](const std::string& path, const std::string& reason, bool is_error) {
    report.add(path, {{is_error ? VerdictKind::Error : VerdictKind::Skipped, "", "", reason}, std::nullopt}, {});
  };
  const auto work = [&] {
    LazyConnection connection(engine);
    scanner::FileScan scan(indicators, std::ref(connection), clean,
                           {arguments.max_file_mb << 20U, !arguments.no_heuristics, arguments.tlsh_distance});
    while (const auto path = queue.pop()) {
      const auto start = steady_clock::now();
      const auto scanned = scan.scan(*path);
      report.add(*path, scanned, std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start));
    }
  };
  std::vector<std::jthread> threads;
  const unsigned jobs = arguments.jobs > 0 ? arguments.jobs : std::max(1U, std::thread::hardware_concurrency());
  threads.reserve(jobs);
  for (unsigned i = 0; i < jobs; ++i) threads.emplace_back(work);
  for (const std::string& each : arguments.paths) walk(each, {arguments.exclude}, queue, other);
  queue.close();
}

Result<std::vector<pid_t>> processes_of(const ScanArguments& arguments) {
  if (arguments.paths.empty()) return scanner::all_processes();
  std::vector<pid_t> pids;
  for (const std::string& each : arguments.paths) {
    const auto pid = parse_integer<pid_t>(each);
    if (!pid || *pid <= 0) return fail(ErrorCode::Invalid, each + ": not the id of a process");
    pids.push_back(*pid);
  }
  return pids;
}

void scan_memory(std::span<const pid_t> pids, Engine& engine, Report& report) {
  LazyConnection connection(engine);
  scanner::MemoryScan scan(std::ref(connection), {});
  for (const pid_t pid : pids) {
    const auto start = steady_clock::now();
    const auto scanned = scan.scan(pid);
    report.add("process:" + std::to_string(pid), {scanned.verdict, std::nullopt},
               std::chrono::duration_cast<std::chrono::milliseconds>(steady_clock::now() - start));
  }
}

void read_cache(Session& session, const ScanArguments& arguments, scanner::CleanFiles& clean) {
  const auto text = read_file(arguments.cache, kMaxCacheBytes);
  if (!text) {
    if (text.error().code != ErrorCode::NotFound) note(session, text.error().message);
    return;
  }
  const auto decoded = clean.cache.decode(as_bytes(*text));
  if (!decoded) note(session, arguments.cache + ": " + decoded.error().message + "; all files are read anew");
}

void print_summary(Session& session, const Report& report, const std::string& signatures, double seconds) {
  std::ostream& out = session.is_json() ? session.environment().err : session.environment().out;
  const std::uint64_t scanned =
      report.count(VerdictKind::Clean) + report.count(VerdictKind::Infected) + report.count(VerdictKind::Suspicious);
  out << "\n----------- SCAN SUMMARY -----------\n"
      << "Known signatures: " << signatures << "\nScanned files: " << scanned
      << "\nInfected files: " << report.count(VerdictKind::Infected)
      << "\nSuspicious files: " << report.count(VerdictKind::Suspicious)
      << "\nSkipped: " << report.count(VerdictKind::Skipped) << "\nErrors: " << report.count(VerdictKind::Error)
      << "\nTime: " << static_cast<double>(static_cast<std::int64_t>(seconds * 1000)) / 1000 << " sec\n";
}

Result<ExitCode> scan(Session& session, const ScanArguments& arguments) {
  const auto start = steady_clock::now();
  if (!arguments.is_memory && arguments.paths.empty())
    return fail(ErrorCode::Invalid, "paths: name files or folders, or --memory");
  if (!fs::is_directory(arguments.signatures))
    return fail(ErrorCode::Invalid, "--signatures " + arguments.signatures + ": not a folder");
  const auto indicators = scanner::Indicators::load(arguments.signatures);
  for (const std::string& each : indicators.warnings()) note(session, each);
  const fs::path program = WD_TRY(scanner::find_scanner());
  Engine engine(session, arguments, program);
  std::optional<scanner::CleanFiles> clean;
  if (!arguments.cache.empty()) {
    clean.emplace(antimalware::VerdictCache(WD_TRY(version_of(arguments, program)), kMaxCleanFiles));
    read_cache(session, arguments, *clean);
  }
  // Where nothing is known to be clean the signatures are needed anyway; whether there are any is told before files are
  // read.
  if (!clean || clean->cache.size() == 0) {
    WD_TRY(engine.get());
    if (engine.signatures() + indicators.count() == 0)
      return fail(ErrorCode::Invalid, arguments.signatures + ": no signatures in it");
  }
  Report report(session, arguments);
  if (arguments.is_memory) {
    scan_memory(WD_TRY(processes_of(arguments)), engine, report);
  } else {
    scan_all(arguments, indicators, engine, clean ? &*clean : nullptr, report);
  }
  session.environment().out.flush();
  if (clean) WD_TRY(write_file_atomically(arguments.cache, as_text(clean->cache.encode())));
  if (!arguments.no_summary)
    print_summary(session, report,
                  engine.is_started() ? std::to_string(engine.signatures() + indicators.count())
                                      : "not loaded, every file was known",
                  std::chrono::duration<double>(steady_clock::now() - start).count());
  if (report.count(VerdictKind::Infected) > 0) return ExitCode::Failed;
  return report.count(VerdictKind::Error) > 0 ? ExitCode::Usage : ExitCode::Ok;
}

// Scripts tell "something was found" (1) from "it could not be done" (2).
Result<ExitCode> run(Session& session, const Arguments& arguments) {
  auto result = scan(session, *arguments);
  if (result) return result;
  note(session, result.error().message);
  return ExitCode::Usage;
}

}  // namespace

void add_scan(Tree& tree) {
  const auto arguments = std::make_shared<ScanArguments>();
  CLI::App& command =
      add(tree, tree.root, "scan", "Look for malware in files; exit 1 when some is found, 2 on errors", arguments, run);
  command.add_option("paths", arguments->paths, "Files and folders; with --memory, ids of processes");
  command.add_flag("--memory", arguments->is_memory,
                   "The memory of running processes instead of files; all by default");
  command
      .add_option("--signatures,-d,--database", arguments->signatures,
                  "Folder of ClamAV databases, YARA rules, and indexes and lists of hashes")
      ->required();
  command.add_option("--jobs", arguments->jobs, "Files at a time; by default one for each processor")
      ->check(CLI::Range(1, 256));
  command.add_option("--cache", arguments->cache,
                     "File that remembers clean files: they are not read again until they or the signatures change");
  command.add_option("--exclude", arguments->exclude, "Paths to leave out: ? * and ** over the whole path");
  command.add_option("--max-file-mb", arguments->max_file_mb, "Larger files are skipped, and said to be")
      ->check(CLI::Range(1, 4096));
  command.add_option("--max-seconds", arguments->max_seconds, "Longest time for one file")->check(CLI::Range(1, 3600));
  command
      .add_option("--tlsh-distance", arguments->tlsh_distance,
                  "Files so near to a TLSH of the signatures are suspicious; 0: only the same digest")
      ->check(CLI::Range(0, 250));
  command.add_flag("-i,--infected", arguments->is_infected_only, "Print only what was found, and errors");
  command.add_flag("-r,--recursive", arguments->is_recursive, "Accepted for scripts; folders are always gone through");
  command.add_flag("--no-heuristics", arguments->no_heuristics, "Only signatures, rules and indicators");
  command.add_flag("--no-summary", arguments->no_summary, "No summary at the end");
}

}  // namespace warder::cli
