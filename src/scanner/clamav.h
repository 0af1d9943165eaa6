// libclamav behind two functions. In warder-scanner only: the library is GPL-2.0.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "engines/antimalware/verdict.h"
#include "scanner/subject.h"

namespace warder::scanner {

struct ClamavOptions {
  std::filesystem::path signatures;
  std::chrono::milliseconds max_time{0};
  std::uint64_t max_file_bytes = 0;
};

class Clamav {
 public:
  /// Loads all databases of the folder, or one, but no YARA rules, as clamscan does. nullptr when there is none.
  static Result<std::unique_ptr<Clamav>> load(const ClamavOptions& options);
  ~Clamav();
  Clamav(const Clamav&) = delete;
  Clamav& operator=(const Clamav&) = delete;

  [[nodiscard]] unsigned signatures() const noexcept { return signatures_; }
  static std::string version();
  /// Where it unpacks to. Call before the first scan of a process.
  Result<void> set_temporary_directory(const std::string& path);
  /// Reads all of the file. Clean, Infected or Error.
  antimalware::Verdict scan(const Subject& subject);

 private:
  struct Engine;
  Clamav();
  std::unique_ptr<Engine> engine_;
  unsigned signatures_ = 0;
};

}  // namespace warder::scanner
