// The index of hashes: a million SHA-256 and a hundred thousand TLSH. Limits: 32 bytes a SHA-256, no time to load.
#include "engines/antimalware/hash_index.h"

#include <fmt/format.h>
#include <time.h>

#include <random>

namespace {

using namespace warder;
using namespace warder::antimalware;

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

Bytes random_digest(std::mt19937_64& random) {
  Bytes digest(32);
  for (auto& byte : digest) byte = static_cast<std::uint8_t>(random());
  return digest;
}

TlshDigest random_tlsh(std::mt19937_64& random) {
  TlshDigest digest;
  digest.checksum = static_cast<std::uint8_t>(random());
  // As of files between some kilobytes and some megabytes: their lengths are near each other.
  digest.length = static_cast<std::uint8_t>(0x40 + random() % 64);
  digest.ratios = static_cast<std::uint8_t>(random());
  for (auto& each : digest.code) each = static_cast<std::uint8_t>(random());
  return digest;
}

template <class Look>
double per_second(std::size_t count, const Look& look) {
  const double start = cpu_seconds();
  for (std::size_t i = 0; i < count; ++i) look(i);
  return static_cast<double>(count) / (cpu_seconds() - start);
}

}  // namespace

int main() {
  constexpr std::size_t kHashes = 1'000'000;
  constexpr std::size_t kSimilar = 100'000;
  constexpr std::size_t kLooks = 1'000'000;
  std::mt19937_64 random(1);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same in every run
  std::vector<Bytes> digests;
  HashIndexBuilder builder;
  for (std::size_t i = 0; i < kHashes; ++i) {
    digests.push_back(random_digest(random));
    if (!builder.add(HashKind::Sha256, digests.back(), "Bench.Family")) return 1;
  }
  const double build_start = cpu_seconds();
  const Bytes bytes = builder.finish().value();
  fmt::print("| a million SHA-256: bytes each | {:.1f} | 32 | {:.2f} |\n", static_cast<double>(bytes.size()) / kHashes,
             static_cast<double>(bytes.size()) / kHashes / 32);
  fmt::print("| laying it out, CPU s | {:.2f} | – | – |\n", cpu_seconds() - build_start);
  const double open_start = cpu_seconds();
  const HashIndex index = HashIndex::open(bytes).value();
  fmt::print("| opening it, µs of CPU | {:.1f} | – | – |\n", (cpu_seconds() - open_start) * 1e6);
  std::size_t found = 0;
  const double hits = per_second(kLooks, [&](std::size_t i) {
    found += index.find(HashKind::Sha256, digests[i * 7919 % kHashes]).has_value() ? 1U : 0U;
  });
  std::vector<Bytes> others;
  for (std::size_t i = 0; i < kHashes; ++i) others.push_back(random_digest(random));
  const double misses = per_second(kLooks, [&](std::size_t i) {
    found += index.find(HashKind::Sha256, others[i * 7919 % kHashes]).has_value() ? 1U : 0U;
  });
  if (found != kLooks) return 1;
  fmt::print("| look-ups a second of CPU, known | {:.0f} | – | – |\n| the same, unknown | {:.0f} | – | – |\n", hits,
             misses);

  HashIndexBuilder similar;
  std::vector<TlshDigest> known;
  for (std::size_t i = 0; i < kSimilar; ++i) {
    known.push_back(random_tlsh(random));
    similar.add_tlsh(known.back(), "Bench.Near");
  }
  const Bytes similar_bytes = similar.finish().value();
  const HashIndex near = HashIndex::open(similar_bytes).value();
  constexpr unsigned kDistance = 30;
  found = 0;
  const double near_hits = per_second(10'000, [&](std::size_t i) {
    TlshDigest digest = known[i * 7919 % kSimilar];
    digest.code[i % 32] ^= 1U;
    found += near.nearest(digest, kDistance).has_value() ? 1U : 0U;
  });
  if (found != 10'000) return 1;
  std::vector<TlshDigest> unknown(10'000);
  for (auto& each : unknown) each = random_tlsh(random);
  const double near_misses = per_second(
      unknown.size(), [&](std::size_t i) { found += near.nearest(unknown[i], kDistance).has_value() ? 1U : 0U; });
  fmt::print("| a hundred thousand TLSH, distance 30: look-ups a second of CPU, known | {:.0f} | – | – |\n", near_hits);
  fmt::print("| the same, unknown | {:.0f} | – | – |\n", near_misses);
  const Bytes content(16U << 20U, 0);
  Bytes mixed = content;
  for (auto& byte : mixed) byte = static_cast<std::uint8_t>(random());
  const double hash_start = cpu_seconds();
  TlshHash hash;
  hash.update(mixed);
  static_cast<void>(hash.finish());
  fmt::print("| computing TLSH, MB a second of CPU | {:.0f} | – | – |\n", 16 * 1.048576 / (cpu_seconds() - hash_start));
  return 0;
}
