// One file through everything: memory of clean files, indicators, ClamAV, YARA, heuristics; in this order, and the
// first that objects decides.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string>

#include "crypto/hash.h"
#include "engines/antimalware/verdict.h"
#include "engines/antimalware/verdict_cache.h"
#include "scanner/client.h"
#include "scanner/indicators.h"

namespace warder::scanner {

/// Clean files, shared by the threads of a scan.
struct CleanFiles {
  explicit CleanFiles(antimalware::VerdictCache remembered) : cache(std::move(remembered)) {}
  std::mutex mutex;  // guards cache
  antimalware::VerdictCache cache;
};

struct FileScanOptions {
  std::uint64_t max_file_bytes = 100 << 20;  // larger files are skipped, and said to be
  bool has_heuristics = true;
};

struct ScannedFile {
  antimalware::Verdict verdict;
  std::optional<crypto::Digest> sha256;  // of what was read; none of what was not
};

/// Single-threaded: each thread has its own, with its own scanning process.
class FileScan {
 public:
  /// `connection` and `clean` may be nullptr. All outlive it.
  FileScan(const Indicators& indicators, Connection* connection, CleanFiles* clean, const FileScanOptions& options)
      : indicators_(indicators), connection_(connection), clean_(clean), options_(options) {}

  /// Opens no link, FIFO or device, and does not move the access time where the system allows. A file that changes
  /// while it is looked at is scanned as it is found, and never remembered.
  ScannedFile scan(const std::string& path);

 private:
  struct Opened;
  std::optional<antimalware::Verdict> find_indicator(const Opened& file, ScannedFile& scanned);

  const Indicators& indicators_;
  Connection* connection_;
  CleanFiles* clean_;
  const FileScanOptions options_;
};

}  // namespace warder::scanner
