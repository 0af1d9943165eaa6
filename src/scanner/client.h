// The caller's side of warder-scanner: starts the program, which loads the signatures once and then forks a process for
// each connection. All of them share the memory of the signatures.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>

#include "base/file.h"
#include "base/result.h"
#include "engines/antimalware/verdict.h"
#include "scanner/protocol.h"

namespace warder::scanner {

struct ScannerOptions {
  std::filesystem::path program;
  std::filesystem::path signatures;             // folder with ClamAV databases and YARA rules
  std::chrono::milliseconds max_time{120'000};  // for one file
  std::uint64_t max_file_bytes = 100 << 20;     // of what is unpacked, too: beyond it a part is not looked at
  std::uint64_t max_memory_bytes = std::uint64_t{1} << 30U;  // of one process, beyond the signatures
};

/// Where the program stands: beside the running one, in its ../libexec/warder, or in /usr/libexec/warder. NotFound,
/// naming these places, otherwise.
Result<std::filesystem::path> find_scanner();

/// The versions of the libraries that the program runs with ("ClamAV 1.4.6, YARA 4.2.3"), without loading signatures.
Result<std::string> scanner_version(const std::filesystem::path& program);

/// The program, started: it answers on `control` once it has loaded the signatures (protocol.h). Whoever started it
/// reaps it and then removes its `temporary` files.
struct StartedScanner {
  pid_t pid = -1;
  UniqueFd control;
  std::filesystem::path temporary;
};
Result<StartedScanner> start_scanner(const ScannerOptions& options);

class Scanner;

/// One scanning process. Single-threaded; different connections may be used at the same time.
class Connection {
 public:
  /// Looks at all of an open regular file, from its beginning. `name` is for rules that ask for it. Blocks for the time
  /// limit at most. When the process dies another one looks once more; when that dies, too, the verdict is Error.
  antimalware::Verdict scan(int file, const std::string& name);

 private:
  friend class Scanner;
  explicit Connection(Scanner& scanner) : scanner_(&scanner) {}

  Scanner* scanner_;
  UniqueFd socket_;
};

/// The program, running. Thread-safe. Ends it, and removes its files, on destruction; connections must be gone by then.
class Scanner {
 public:
  /// Blocks until the signatures are loaded. Invalid when none can be.
  static Result<std::unique_ptr<Scanner>> start(const ScannerOptions& options);
  /// One that somebody else started, and ends.
  static std::unique_ptr<Scanner> adopt(const ScannerOptions& options, UniqueFd control, Info info);
  ~Scanner();
  Scanner(const Scanner&) = delete;
  Scanner& operator=(const Scanner&) = delete;

  [[nodiscard]] const Info& info() const noexcept { return info_; }
  /// False once it is gone.
  [[nodiscard]] bool is_alive() const noexcept;
  Connection connect() { return Connection(*this); }

 private:
  friend class Connection;
  explicit Scanner(ScannerOptions options) : options_(std::move(options)) {}
  Result<UniqueFd> open_process();

  const ScannerOptions options_;
  StartedScanner started_;  // pid -1: not ours to end
  Info info_;
  std::mutex mutex_;  // guards the control socket after the start
};

}  // namespace warder::scanner
