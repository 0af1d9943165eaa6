#include "crypto/password_list.h"

#include <fcntl.h>
#include <openssl/evp.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <bit>
#include <optional>
#include <string>

#include "base/file.h"
#include "crypto/openssl.h"

namespace warder::crypto {
namespace {

// The file: magic, count (u64le), bits of a bucket's number (u64le), the entry at which each bucket begins and the
// count once more (u64le each), the entries in order (u32le each): the 32 bits of the hash behind the bucket's number.
constexpr std::string_view kMagic = "warder-words-1\n";
constexpr std::size_t kStartBytes = 8;
constexpr std::size_t kEntryBytes = 4;
constexpr int kBucketBits = 8;  // up to so many entries a bucket, as a power of two
constexpr std::uint64_t kMaxBucketBits = 32;
constexpr std::size_t kSha1Bytes = 20;
constexpr std::size_t kMaxLineBytes = 4096;

std::uint64_t u64be_at(const std::uint8_t* bytes) noexcept {
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8U | bytes[i];
  return value;
}

std::uint64_t le_at(const std::uint8_t* bytes, std::size_t size) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = size; i-- > 0;) value = value << 8U | bytes[i];
  return value;
}

void append_le(Bytes& out, std::uint64_t value, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}

std::uint64_t hash_of(std::string_view password) {
  std::array<std::uint8_t, kSha1Bytes> digest{};
  openssl::must(EVP_Digest(password.data(), password.size(), digest.data(), nullptr, EVP_sha1(), nullptr) == 1);
  return u64be_at(digest.data());
}

std::uint64_t bucket_of(std::uint64_t hash, std::uint64_t bits) noexcept {
  return bits == 0 ? 0 : hash >> (64 - bits);
}

std::uint32_t entry_of(std::uint64_t hash, std::uint64_t bits) noexcept {
  return static_cast<std::uint32_t>((hash << bits) >> 32U);
}

struct Mapping {
  void* address;
  std::size_t size;
  Mapping(void* at, std::size_t bytes) : address(at), size(bytes) {}
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;
  ~Mapping() { ::munmap(address, size); }
};

/// The digest of a line of a list of digests; of any other line nothing.
std::optional<Bytes> sha1_in(std::string_view line) {
  constexpr std::size_t kHex = 2 * kSha1Bytes;
  if (line.size() < kHex || (line.size() > kHex && line[kHex] != ':')) return std::nullopt;
  auto digest = from_hex(line.substr(0, kHex));
  if (!digest) return std::nullopt;
  return std::move(*digest);
}

}  // namespace

Result<PasswordList> PasswordList::open(const std::filesystem::path& path) {
  const UniqueFd file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat status {};
  if (!file.is_open() || ::fstat(file.get(), &status) != 0)
    return fail(ErrorCode::NotFound, path.string() + ": cannot be read");
  const auto size = static_cast<std::size_t>(status.st_size);
  if (size < kMagic.size()) return fail(ErrorCode::Corrupt, path.string() + ": not a list of passwords");
  void* const address = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file.get(), 0);
  if (address == MAP_FAILED) return fail(ErrorCode::Unavailable, path.string() + ": cannot be mapped");
  auto mapping = std::make_shared<const Mapping>(address, size);
  return read(mapping, ByteView(static_cast<const std::uint8_t*>(address), size)).in(path.string());
}

Result<PasswordList> PasswordList::of(Bytes bytes) {
  const auto owner = std::make_shared<const Bytes>(std::move(bytes));
  return read(owner, *owner);
}

Result<PasswordList> PasswordList::read(std::shared_ptr<const void> owner, ByteView bytes) {
  Reader reader(bytes);
  if (as_text(WD_TRY(reader.take(kMagic.size()))) != kMagic) return fail(ErrorCode::Corrupt, "not a list of passwords");
  PasswordList list;
  list.owner_ = std::move(owner);
  list.count_ = WD_TRY(reader.u64le());
  list.bucket_bits_ = WD_TRY(reader.u64le());
  if (list.bucket_bits_ > kMaxBucketBits) return fail(ErrorCode::Corrupt, "too many buckets");
  const std::uint64_t starts = (std::uint64_t{1} << list.bucket_bits_) + 1;
  if (starts > reader.remaining() / kStartBytes) return fail(ErrorCode::Corrupt, "the buckets are cut short");
  list.starts_ = WD_TRY(reader.take(starts * kStartBytes));
  if (reader.remaining() % kEntryBytes != 0 || list.count_ != reader.remaining() / kEntryBytes)
    return fail(ErrorCode::Corrupt, "not as long as its header says");
  list.entries_ = WD_TRY(reader.take(reader.remaining()));
  return list;
}

bool PasswordList::contains(std::string_view password) const {
  if (count_ == 0) return false;
  const std::uint64_t hash = hash_of(password);
  const std::uint8_t* const start = starts_.data() + bucket_of(hash, bucket_bits_) * kStartBytes;
  const std::uint32_t wanted = entry_of(hash, bucket_bits_);
  std::uint64_t low = std::min(le_at(start, kStartBytes), count_);
  std::uint64_t high = std::min(le_at(start + kStartBytes, kStartBytes), count_);
  while (low < high) {
    const std::uint64_t middle = low + (high - low) / 2;
    const std::uint64_t entry = le_at(entries_.data() + middle * kEntryBytes, kEntryBytes);
    if (entry == wanted) return true;
    if (entry < wanted) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return false;
}

void PasswordListBuilder::add(std::string_view password) {
  hashes_.push_back(hash_of(password));
}

Result<void> PasswordListBuilder::add_sha1(ByteView digest) {
  if (digest.size() != kSha1Bytes) return fail(ErrorCode::Invalid, "a SHA-1 has 20 bytes");
  hashes_.push_back(u64be_at(digest.data()));
  return {};
}

Result<std::uint64_t> PasswordListBuilder::add_lines(std::istream& lines) {
  std::uint64_t added = 0;
  std::uint64_t number = 0;
  for (std::string line; std::getline(lines, line);) {
    ++number;
    if (line.ends_with('\r')) line.pop_back();
    if (line.empty()) continue;
    if (line.size() > kMaxLineBytes)
      return fail(ErrorCode::Invalid, "line " + std::to_string(number) + ": longer than 4096 bytes");
    if (const auto digest = sha1_in(line)) {
      WD_TRY(add_sha1(*digest));
    } else {
      add(line);
    }
    ++added;
  }
  return added;
}

Bytes PasswordListBuilder::finish() {
  std::ranges::sort(hashes_);
  const auto [same, end] = std::ranges::unique(hashes_);
  hashes_.erase(same, end);
  const auto width = static_cast<int>(std::bit_width(hashes_.size()));
  const auto bits = static_cast<std::uint64_t>(std::max(0, width - kBucketBits));
  Bytes entries;
  std::vector<std::uint64_t> starts;
  entries.reserve(hashes_.size() * kEntryBytes);
  std::uint64_t count = 0;
  std::uint32_t last = 0;
  for (const std::uint64_t hash : hashes_) {
    const bool is_first_of_bucket = starts.size() <= bucket_of(hash, bits);
    while (starts.size() <= bucket_of(hash, bits)) starts.push_back(count);
    const std::uint32_t entry = entry_of(hash, bits);
    if (!is_first_of_bucket && entry == last) continue;
    append_le(entries, entry, kEntryBytes);
    last = entry;
    ++count;
  }
  starts.resize((std::size_t{1} << bits) + 1, count);
  Bytes list(kMagic.begin(), kMagic.end());
  append_le(list, count, 8);
  append_le(list, bits, 8);
  for (const std::uint64_t start : starts) append_le(list, start, kStartBytes);
  append(list, entries);
  hashes_.clear();
  return list;
}

}  // namespace warder::crypto
