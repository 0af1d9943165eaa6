// Backups, in two halves: the file as it is found, and what stands behind the seals (first byte odd), as somebody with
// the root key would seal it: records of kind, length (two bytes) and content.
#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdlib>

#include "manager/backup/archive.h"

namespace {

using namespace warder;
using namespace warder::manager;

/// Leaves keys as they are.
class OpenKeys final : public crypto::KeyProvider {
 public:
  [[nodiscard]] std::string name() const override { return "open"; }
  Result<Bytes> wrap(std::string_view /*purpose*/, ByteView key) override { return Bytes(key.begin(), key.end()); }
  Result<Bytes> unwrap(std::string_view /*purpose*/, ByteView wrapped) override {
    return Bytes(wrapped.begin(), wrapped.end());
  }
  Result<std::string> root() override { return std::string{"root"}; }
  Result<void> rotate() override { return {}; }
  Result<bool> has_old() override { return false; }
  Result<void> forget_old() override { return {}; }
};

/// Parts begin, go on and end in this order, or the reader failed us.
class StrictSink final : public ArchiveSink {
 public:
  Result<void> begin_part(const std::string& name) override {
    if (is_open_ || name.empty()) std::abort();
    is_open_ = true;
    bytes_ = 0;
    return {};
  }
  Result<void> write(ByteView bytes) override {
    if (!is_open_) std::abort();
    bytes_ += bytes.size();
    return {};
  }
  Result<void> end_part(const ArchivePart& part) override {
    if (!is_open_ || part.bytes != bytes_) std::abort();
    is_open_ = false;
    return {};
  }

 private:
  bool is_open_ = false;
  std::uint64_t bytes_ = 0;
};

std::string sealed(ByteView records) {
  static const std::string kHead = "warder-backup/1\n{\"created\":\"2026-01-01T00:00:00Z\",\"id\":\"fuzz\",\"key\":\"" +
                                   std::string(64, '7') +
                                   "\",\"provider\":\"open\",\"store\":\"sqlite\",\"version\":\"0\"}\n";
  static const std::string kPlace = to_hex(crypto::sha256(as_bytes(kHead)));
  static const crypto::DataKey kKey("backup", 1, Bytes(32, 0x77));
  std::string file = kHead;
  for (std::uint64_t piece = 0; records.size() >= 3; ++piece) {
    const std::size_t length = std::min<std::size_t>(records[1] * 256U + records[2], records.size() - 3);
    Bytes plain = {records[0]};
    append(plain, records.subspan(3, length));
    records = records.subspan(3 + length);
    const bool is_last = records.size() < 3;
    const Bytes box = crypto::seal(kKey, kPlace + "|" + std::to_string(piece) + (is_last ? "|last" : "|more"), plain);
    Bytes size;
    append_u32be(size, static_cast<std::uint32_t>(box.size()));
    file += std::string(as_text(size)) + std::string(as_text(box));
  }
  return file;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView input = ByteView{data, size}.subspan(1);
  const std::string file = data[0] % 2 == 0 ? std::string(as_text(input)) : sealed(input);
  const UniqueFd fd{::memfd_create("archive", MFD_CLOEXEC)};
  if (::write(fd.get(), file.data(), file.size()) != static_cast<ssize_t>(file.size())) return 0;
  OpenKeys root;
  const auto reader = ArchiveReader::open("/proc/self/fd/" + std::to_string(fd.get()), root);
  if (!reader) return 0;
  StrictSink sink;
  static_cast<void>((*reader)->read(sink));
  return 0;
}
