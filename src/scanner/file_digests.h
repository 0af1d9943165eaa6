// The digests of a file by which indicators are exchanged, in one pass.
#pragma once

#include <memory>

#include "base/bytes.h"
#include "crypto/hash.h"

namespace warder::scanner {

class FileDigests {
 public:
  /// SHA-256 always; the others, which indicators of others still use, only where one could match.
  FileDigests(bool has_sha1, bool has_md5);
  ~FileDigests();
  FileDigests(const FileDigests&) = delete;
  FileDigests& operator=(const FileDigests&) = delete;

  void update(ByteView bytes);
  struct All {
    crypto::Digest sha256{};
    Bytes sha1;  // empty when not asked for
    Bytes md5;
  };
  All finish();

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace warder::scanner
