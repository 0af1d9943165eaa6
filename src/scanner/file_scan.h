// One file through everything: memory of clean files, indicators, ClamAV, YARA, similarity, heuristics; in this order,
// and the first that objects decides.
#pragma once

#include <cstdint>
#include <functional>
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
  unsigned max_tlsh_distance = 30;  // files that near to an indicator are suspicious
};

struct ScannedFile {
  antimalware::Verdict verdict;
  std::optional<crypto::Digest> sha256;  // of what was read; none of what was not
  bool is_stable = false;                // it did not change meanwhile: the verdict holds until it does
};

/// Gives the connection of the calling thread, or nullptr where there is nothing to scan with; asked once a file needs
/// it, so that a pass over known files loads no signatures.
using ConnectionSource = std::function<Result<Connection*>()>;

/// Single-threaded: each thread has its own, with its own scanning process.
class FileScan {
 public:
  /// `clean` may be nullptr. All that is pointed to outlives it.
  FileScan(const Indicators& indicators, ConnectionSource connect, CleanFiles* clean, const FileScanOptions& options)
      : indicators_(indicators), connect_(std::move(connect)), clean_(clean), options_(options) {}

  /// Opens no link, FIFO or device, and does not move the access time where the system allows. A file that changes
  /// while it is looked at is scanned as it is found, and never remembered.
  ScannedFile scan(const std::string& path);
  /// The same of a file that is open already, for reading.
  ScannedFile scan_open(UniqueFd file, const std::string& path);

 private:
  struct Opened;
  struct Content;
  [[nodiscard]] Result<Content> read(const Opened& file) const;
  antimalware::Verdict judge(const Opened& file, const Content& content);
  ScannedFile scan(Opened file);
  std::optional<ScannedFile> find_clean(const antimalware::FileKey& key);

  const Indicators& indicators_;
  ConnectionSource connect_;
  CleanFiles* clean_;
  const FileScanOptions options_;
};

}  // namespace warder::scanner
