#include "pack/body.h"

#include <fmt/format.h>
#include <zstd.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace warder::pack {
namespace {

constexpr int kLevel = 12;
constexpr int kMaxWindowLog = 23;  // 8 MiB: all the memory that a frame may ask for
constexpr std::size_t kPieceBytes = 128 << 10;

struct FreeStream {
  void operator()(ZSTD_DStream* stream) const noexcept { ZSTD_freeDStream(stream); }
};
struct FreeContext {
  void operator()(ZSTD_CCtx* context) const noexcept { ZSTD_freeCCtx(context); }
};

void must(bool done) {
  if (!done) std::abort();
}

/// Cuts the stream of unpacked bytes into the files and checks each.
class FileCutter {
 public:
  FileCutter(std::span<const PackFile> files, FileSink& sink) : files_(files), sink_(sink) {}

  Result<void> start() {
    WD_TRY(sink_.begin(files_[index_]));
    return end_complete();
  }

  Result<void> take(ByteView bytes) {
    while (!bytes.empty()) {
      if (is_done()) return fail(ErrorCode::Corrupt, "pack: more content than its manifest names");
      const std::uint64_t wanted = files_[index_].bytes - written_;
      const ByteView piece = bytes.first(static_cast<std::size_t>(std::min<std::uint64_t>(wanted, bytes.size())));
      hash_.update(piece);
      WD_TRY(sink_.write(piece));
      written_ += piece.size();
      bytes = bytes.subspan(piece.size());
      WD_TRY(end_complete());
    }
    return {};
  }

  [[nodiscard]] bool is_done() const noexcept { return index_ == files_.size(); }

 private:
  /// Ends the file that has all its bytes, and the empty ones after it.
  Result<void> end_complete() {
    while (!is_done() && written_ == files_[index_].bytes) {
      if (hash_.finish() != files_[index_].sha256) {
        return fail(ErrorCode::Corrupt, fmt::format("pack: {} is not what the manifest says", files_[index_].path));
      }
      WD_TRY(sink_.end());
      written_ = 0;
      if (++index_ < files_.size()) WD_TRY(sink_.begin(files_[index_]));
    }
    return {};
  }

  std::span<const PackFile> files_;
  FileSink& sink_;
  crypto::Sha256 hash_;
  std::size_t index_ = 0;
  std::uint64_t written_ = 0;
};

Result<void> check_ratio(ByteView body, std::span<const PackFile> files) {
  std::uint64_t total = 0;
  for (const auto& file : files) total += file.bytes;
  // Small packs of zeros are no danger.
  if (total > (1U << 20) && total / kMaxRatio > body.size()) {
    return fail(ErrorCode::TooLarge, fmt::format("pack: unpacks to over {} times its size", kMaxRatio));
  }
  return {};
}

}  // namespace

Bytes compress_body(std::span<const SourceFile> files) {
  std::size_t total = 0;
  for (const auto& file : files) total += file.content.size();
  const std::unique_ptr<ZSTD_CCtx, FreeContext> context{ZSTD_createCCtx()};
  must(context != nullptr);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_compressionLevel, kLevel);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_checksumFlag, 1);
  ZSTD_CCtx_setParameter(context.get(), ZSTD_c_windowLog, kMaxWindowLog);
  ZSTD_CCtx_setPledgedSrcSize(context.get(), total);
  Bytes body(ZSTD_compressBound(total));
  ZSTD_outBuffer out{body.data(), body.size(), 0};
  for (const auto& file : files) {
    ZSTD_inBuffer in{file.content.data(), file.content.size(), 0};
    while (in.pos < in.size) must(ZSTD_isError(ZSTD_compressStream2(context.get(), &out, &in, ZSTD_e_continue)) == 0);
  }
  ZSTD_inBuffer none{nullptr, 0, 0};
  must(ZSTD_compressStream2(context.get(), &out, &none, ZSTD_e_end) == 0);
  body.resize(out.pos);
  return body;
}

Result<void> unpack_body(ByteView body, std::span<const PackFile> files, FileSink& sink) {
  WD_TRY(check_ratio(body, files));
  const std::unique_ptr<ZSTD_DStream, FreeStream> stream{ZSTD_createDStream()};
  must(stream != nullptr);
  ZSTD_DCtx_setParameter(stream.get(), ZSTD_d_windowLogMax, kMaxWindowLog);
  FileCutter cutter{files, sink};
  WD_TRY(cutter.start());
  Bytes piece(kPieceBytes);
  ZSTD_inBuffer in{body.data(), body.size(), 0};
  std::size_t hint = 1;
  while (hint != 0) {
    ZSTD_outBuffer out{piece.data(), piece.size(), 0};
    const std::size_t consumed = in.pos;
    hint = ZSTD_decompressStream(stream.get(), &out, &in);
    if (ZSTD_isError(hint) != 0)
      return fail(ErrorCode::Corrupt, fmt::format("pack: zstd: {}", ZSTD_getErrorName(hint)));
    if (hint != 0 && out.pos == 0 && in.pos == consumed) return fail(ErrorCode::Corrupt, "pack: its body is cut off");
    WD_TRY(cutter.take(ByteView{piece}.first(out.pos)));
  }
  if (in.pos != in.size) return fail(ErrorCode::Corrupt, "pack: bytes after its body");
  if (!cutter.is_done()) return fail(ErrorCode::Corrupt, "pack: less content than its manifest names");
  return {};
}

}  // namespace warder::pack
