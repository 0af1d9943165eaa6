// The body of a pack: the files' bytes one after another in one zstd frame; private to this folder.
#pragma once

#include <span>

#include "base/bytes.h"
#include "base/result.h"
#include "pack/pack.h"

namespace warder::pack {

Bytes compress_body(std::span<const SourceFile> files);

/// Takes the files as they unpack, in the manifest's order.
class FileSink {
 public:
  virtual ~FileSink() = default;
  virtual Result<void> begin(const PackFile& file) = 0;
  virtual Result<void> write(ByteView bytes) = 0;
  /// The file is complete and its digest is right.
  virtual Result<void> end() = 0;
};

/// Unpacks in bounded memory. Corrupt when the body is not exactly the files that the manifest names.
Result<void> unpack_body(ByteView body, std::span<const PackFile> files, FileSink& sink);

}  // namespace warder::pack
