// A receiver for everyone: takes the records of an independent stream by POST over TLS and appends them to a file for
// each day. An answer 204 says that they are on the disk.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <deque>
#include <filesystem>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/file.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/hash.h"
#include "crypto/tls.h"

namespace warder::cli {

/// The files. Thread-safe.
class StreamFiles {
 public:
  /// `stream`: the name whose records are taken. Reads the end of the newest file, to know what comes again.
  static Result<std::unique_ptr<StreamFiles>> open(std::filesystem::path directory, std::string stream);
  /// All lines of a body, or none: Invalid when one is no record of this stream. What is there already, byte by byte,
  /// is passed over; anything else is kept for `verify` to judge.
  Result<std::size_t> append(std::string_view body, Timestamp now);
  [[nodiscard]] std::filesystem::path file_of(Timestamp now) const;

 private:
  StreamFiles(std::filesystem::path directory, std::string stream)
      : directory_(std::move(directory)), stream_(std::move(stream)) {}
  void remember(const crypto::Digest& digest);
  Result<void> read_end();
  const std::filesystem::path directory_;
  const std::string stream_;
  std::mutex mutex_;  // guards the two below, and the files
  std::deque<crypto::Digest> order_;
  std::set<crypto::Digest> known_;
};

struct StreamReceiverOptions {
  std::string listen;  // "0.0.0.0:8450"
  std::string token;   // that a POST must bring; empty: none
  std::size_t max_body_bytes = 16 << 20;
  std::size_t max_connections = 32;
  std::chrono::seconds patience{30};  // with a silent peer
};

/// Ends with this.
class StreamReceiver {
 public:
  StreamReceiver(StreamFiles& files, std::shared_ptr<const crypto::TlsServerContext> tls, StreamReceiverOptions options,
                 std::function<Timestamp()> now);
  ~StreamReceiver();
  StreamReceiver(const StreamReceiver&) = delete;
  StreamReceiver& operator=(const StreamReceiver&) = delete;
  /// Returns the port.
  Result<std::uint16_t> open();
  /// Serves until `stop` is true; looks at it every now and then.
  Result<void> run(const std::function<bool()>& stop);

 private:
  class Connection;
  void serve(int socket);
  StreamFiles& files_;
  const std::shared_ptr<const crypto::TlsServerContext> tls_;
  const StreamReceiverOptions options_;
  const std::function<Timestamp()> now_;
  UniqueFd listener_;
  std::atomic<std::size_t> open_{0};
  std::atomic<bool> is_ending_{false};
};

}  // namespace warder::cli
