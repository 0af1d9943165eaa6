#include "crypto/blake3.h"

#include <algorithm>
#include <cstring>

namespace warder::crypto {
namespace {

using Value = Blake3::Value;
// One word of kLanes hashes that are computed side by side.
using Lanes = std::uint32_t __attribute__((vector_size(4 * Blake3::kLanes)));

constexpr std::size_t kBlock = 64;
constexpr Value kStart = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a,
                          0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
enum Flag : std::uint32_t { ChunkStart = 1, ChunkEnd = 2, Parent = 4, Root = 8 };

using Schedule = std::array<std::array<std::uint8_t, 16>, 7>;
constexpr Schedule make_schedule() {
  constexpr std::array<std::uint8_t, 16> kNext = {2, 6, 3, 10, 7, 0, 4, 13, 1, 11, 12, 5, 9, 14, 15, 8};
  Schedule schedule{};
  for (std::uint8_t i = 0; i < 16; ++i) schedule[0][i] = i;
  for (std::size_t round = 1; round < schedule.size(); ++round)
    for (std::size_t i = 0; i < 16; ++i) schedule[round][i] = schedule[round - 1][kNext[i]];
  return schedule;
}
constexpr Schedule kSchedule = make_schedule();

template <class Word>
using Sixteen = Word[16];  // NOLINT(modernize-avoid-c-arrays): std::array of vector types warns of their ABI

template <class Word>
[[gnu::always_inline]] inline void mix(Word& a, Word& b, Word& c, Word& d, const Word& x, const Word& y) {
  a = a + b + x;
  d ^= a;
  d = (d >> 16) | (d << 16);
  c = c + d;
  b ^= c;
  b = (b >> 12) | (b << 20);
  a = a + b + y;
  d ^= a;
  d = (d >> 8) | (d << 24);
  c = c + d;
  b ^= c;
  b = (b >> 7) | (b << 25);
}

/// v[0..7] becomes the value after this block.
template <class Word>
[[gnu::always_inline]] inline void compress(Sixteen<Word>& v, const Sixteen<Word>& m) {
#pragma GCC unroll 7
  for (const auto& s : kSchedule) {
    mix(v[0], v[4], v[8], v[12], m[s[0]], m[s[1]]);
    mix(v[1], v[5], v[9], v[13], m[s[2]], m[s[3]]);
    mix(v[2], v[6], v[10], v[14], m[s[4]], m[s[5]]);
    mix(v[3], v[7], v[11], v[15], m[s[6]], m[s[7]]);
    mix(v[0], v[5], v[10], v[15], m[s[8]], m[s[9]]);
    mix(v[1], v[6], v[11], v[12], m[s[10]], m[s[11]]);
    mix(v[2], v[7], v[8], v[13], m[s[12]], m[s[13]]);
    mix(v[3], v[4], v[9], v[14], m[s[14]], m[s[15]]);
  }
  for (int i = 0; i < 8; ++i) v[i] ^= v[i + 8];
}

/// v[8..15] as each block begins with. `counter` and its upper half are words of their own.
template <class Word>
[[gnu::always_inline]] inline void begin(Sixteen<Word>& v, const Word& low, const Word& high, std::uint32_t length,
                                         std::uint32_t flags) {
  for (std::size_t i = 0; i < 4; ++i) v[8 + i] = Word{} + kStart[i];
  v[12] = low;
  v[13] = high;
  v[14] = Word{} + length;
  v[15] = Word{} + flags;
}

std::uint32_t load(const std::uint8_t* bytes) noexcept {
  return static_cast<std::uint32_t>(bytes[0]) | static_cast<std::uint32_t>(bytes[1]) << 8 |
         static_cast<std::uint32_t>(bytes[2]) << 16 | static_cast<std::uint32_t>(bytes[3]) << 24;
}

Value compress_one(const Value& value, const Sixteen<std::uint32_t>& words, std::uint64_t counter, std::uint32_t length,
                   std::uint32_t flags) {
  Sixteen<std::uint32_t> v;
  std::copy(value.begin(), value.end(), v);
  begin(v, static_cast<std::uint32_t>(counter), static_cast<std::uint32_t>(counter >> 32), length, flags);
  compress(v, words);
  Value result;
  std::copy(v, v + 8, result.begin());
  return result;
}

Value parent_of(const Value& left, const Value& right, std::uint32_t flags) {
  Sixteen<std::uint32_t> words;
  std::copy(left.begin(), left.end(), words);
  std::copy(right.begin(), right.end(), words + 8);
  return compress_one(kStart, words, 0, kBlock, Parent | flags);
}

/// Of at most one chunk; `flags` count for its last block.
Value hash_chunk(const std::uint8_t* bytes, std::size_t size, std::uint64_t counter, std::uint32_t flags) {
  Value value = kStart;
  std::size_t done = 0;
  do {
    const std::size_t length = std::min(kBlock, size - done);
    std::array<std::uint8_t, kBlock> block{};
    if (length > 0) std::memcpy(block.data(), bytes + done, length);
    Sixteen<std::uint32_t> words;
    for (std::size_t i = 0; i < 16; ++i) words[i] = load(block.data() + 4 * i);
    const bool is_last = done + length == size;
    const std::uint32_t all = (done == 0 ? ChunkStart : 0U) | (is_last ? ChunkEnd | flags : 0U);
    value = compress_one(value, words, counter, static_cast<std::uint32_t>(length), all);
    done += length;
  } while (done < size);
  return value;
}

/// The value of the tree over kLanes whole chunks, which is not the whole tree.
[[gnu::target_clones("avx512f", "avx2", "default")]] Value hash_group(const std::uint8_t* bytes,
                                                                      std::uint64_t counter) {
  constexpr std::size_t kLanes = Blake3::kLanes;
  Sixteen<Lanes> v;
  Sixteen<Lanes> words;
  Lanes low{};
  Lanes high{};
  for (std::size_t lane = 0; lane < kLanes; ++lane) {
    low[lane] = static_cast<std::uint32_t>(counter + lane);
    high[lane] = static_cast<std::uint32_t>((counter + lane) >> 32);
  }
  for (std::size_t i = 0; i < 8; ++i) v[i] = Lanes{} + kStart[i];
  for (std::size_t at = 0; at < Blake3::kChunk; at += kBlock) {
#pragma GCC unroll 16
    for (std::size_t i = 0; i < 16; ++i)
      for (std::size_t lane = 0; lane < kLanes; ++lane)
        words[i][lane] = load(bytes + lane * Blake3::kChunk + at + 4 * i);
    const bool is_last = at + kBlock == Blake3::kChunk;
    begin(v, low, high, kBlock, (at == 0 ? ChunkStart : 0U) | (is_last ? ChunkEnd : 0U));
    compress(v, words);
  }
  for (std::size_t count = kLanes / 2; count > 0; count /= 2) {  // pairs become their parents
    for (std::size_t i = 0; i < 8; ++i) {
      for (std::size_t lane = 0; lane < count; ++lane) {
        words[i][lane] = v[i][2 * lane];
        words[i + 8][lane] = v[i][2 * lane + 1];
      }
    }
    for (std::size_t i = 0; i < 8; ++i) v[i] = Lanes{} + kStart[i];
    begin(v, Lanes{}, Lanes{}, kBlock, Parent);
    compress(v, words);
  }
  Value value;
  for (std::size_t i = 0; i < 8; ++i) value[i] = v[i][0];
  return value;
}

}  // namespace

// Two subtrees of one size become one, twice as big, as often as the number of groups has trailing zeros.
void Blake3::push(const Value& subtree) {
  Value value = subtree;
  ++groups_;
  for (std::uint64_t rest = groups_; (rest & 1) == 0; rest >>= 1) value = parent_of(stack_[--depth_], value, 0);
  stack_[depth_++] = value;
}

void Blake3::update(ByteView bytes) {
  while (!bytes.empty()) {
    if (size_ == waiting_.size()) {
      push(hash_group(waiting_.data(), groups_ * kLanes));
      size_ = 0;
    }
    while (size_ == 0 && bytes.size() > waiting_.size()) {  // straight from the caller's
      push(hash_group(bytes.data(), groups_ * kLanes));
      bytes = bytes.subspan(waiting_.size());
    }
    const std::size_t taken = std::min(bytes.size(), waiting_.size() - size_);
    std::memcpy(waiting_.data() + size_, bytes.data(), taken);
    size_ += taken;
    bytes = bytes.subspan(taken);
  }
}

std::string Blake3::finish() {
  std::array<Value, 3> small{};  // the tree over what waits, as stack_ is over the groups
  std::size_t count = 0;
  const std::size_t chunks = std::max<std::size_t>(1, (size_ + kChunk - 1) / kChunk);
  const bool is_one = chunks == 1 && depth_ == 0;
  Value value{};
  for (std::size_t i = 0; i < chunks; ++i) {
    const std::size_t length = std::min(kChunk, size_ - i * kChunk);
    value = hash_chunk(waiting_.data() + i * kChunk, length, groups_ * kLanes + i, is_one ? Root : 0U);
    if (i + 1 == chunks) break;
    for (std::size_t rest = i + 1; (rest & 1) == 0; rest >>= 1) value = parent_of(small[--count], value, 0);
    small[count++] = value;
  }
  while (count > 0) {
    --count;
    value = parent_of(small[count], value, count == 0 && depth_ == 0 ? Root : 0U);
  }
  while (depth_ > 0) {
    --depth_;
    value = parent_of(stack_[depth_], value, depth_ == 0 ? Root : 0U);
  }
  size_ = 0;
  groups_ = 0;
  std::string digest;
  for (const std::uint32_t word : value)
    for (int shift = 0; shift < 32; shift += 8) digest += static_cast<char>(word >> shift & 0xff);
  return digest;
}

}  // namespace warder::crypto
