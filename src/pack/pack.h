// Signed content packs (rules, signatures): one file, built once, verified whole wherever it arrives, unpacked by
// rename. The format is in docs/content-packs.md. Functions of their input; thread-safe.
#pragma once

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "crypto/hash.h"
#include "crypto/sign.h"

namespace warder::pack {

inline constexpr std::size_t kMaxPackBytes = 64U << 20;
inline constexpr std::size_t kMaxManifestBytes = 4U << 20;
inline constexpr std::size_t kMaxFiles = 10'000;
inline constexpr std::uint64_t kMaxUnpackedBytes = 512U << 20;
/// A body that unpacks to more than this times its size is no content but a bomb.
inline constexpr std::uint64_t kMaxRatio = 200;

struct PackFile {
  std::string path;  // relative, '/'-separated, no "." or ".."
  std::uint64_t bytes = 0;
  crypto::Digest sha256{};
};

struct Manifest {
  std::string name;             // 1..63 of a-z 0-9 '-', begins with a letter: "loginspection-rules"
  std::string version;          // "2026.11.22" or "1.4.0-rc1": 1..4 numbers and an optional label
  std::string licence;          // SPDX expression
  std::string minimum_engine;   // oldest Warder that understands the content: "0.1.0"
  std::vector<PackFile> files;  // sorted by path
};

struct SourceFile {
  std::string path;
  std::string content;
};

/// What a builder decides; `files` of the manifest are computed.
struct PackDefinition {
  std::string name;
  std::string version;
  std::string licence;
  std::string minimum_engine;
};

/// The pack's bytes. The same input gives the same bytes. Invalid names the field or file that breaks a rule.
Result<Bytes> build_pack(const PackDefinition& definition, std::vector<SourceFile> files,
                         const crypto::SigningKey& key);
/// The regular files below a folder, as build_pack takes them; links and special files are refused.
Result<std::vector<SourceFile>> read_source_folder(const std::filesystem::path& folder);
/// "name-version.wpk".
std::string file_name(const Manifest& manifest);

/// A key that may sign content, under the name that people know it by.
struct TrustedKey {
  std::string name;
  crypto::PublicKey key;
};

/// Each "*.pub" of the folder: a public key in base64, named after the file. None when there is no such folder.
Result<std::vector<TrustedKey>> load_trusted_keys(const std::filesystem::path& folder);

struct TrustPolicy {
  std::vector<TrustedKey> keys;
  std::string engine_version = WARDER_VERSION;
};

struct VerifiedPack {
  Manifest manifest;
  std::string digest;  // SHA-256 of the pack, hex: its address
  std::string signer;  // TrustedKey::name
  std::uint64_t bytes = 0;
};

/// Checks everything: form, limits, signature by a trusted key, engine version, and every file's digest. The pack is
/// good as a whole or refused: Corrupt for broken bytes, Forbidden for an unknown signer, TooLarge for a limit, Invalid
/// for a manifest that breaks a rule or needs a newer engine.
Result<VerifiedPack> verify_pack(ByteView pack, const TrustPolicy& trust);

/// Verifies while writing the files below `directory`, which appears by rename when all is good and on disk, or not at
/// all. Directories are 0700, files 0600. Nothing is done when `directory` exists.
Result<VerifiedPack> unpack_pack(ByteView pack, const TrustPolicy& trust, const std::filesystem::path& directory);

}  // namespace warder::pack
