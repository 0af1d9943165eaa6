// Which keys may sign content: a folder of public keys.
#include <fmt/format.h>

#include <algorithm>

#include "base/file.h"
#include "base/text.h"
#include "pack/pack.h"

namespace warder::pack {
namespace {

constexpr std::size_t kMaxKeyFileBytes = 4096;
constexpr std::size_t kMaxKeys = 64;

Result<TrustedKey> read_key(const std::filesystem::path& path) {
  const std::string text = WD_TRY(read_file(path, kMaxKeyFileBytes));
  const Bytes bytes = WD_TRY(from_base64(trim(text)).in(path.string()));
  TrustedKey trusted{.name = path.stem().string(), .key = {}};
  if (bytes.size() != trusted.key.size()) {
    return fail(ErrorCode::Invalid, fmt::format("{}: not an Ed25519 public key in base64", path.string()));
  }
  std::copy(bytes.begin(), bytes.end(), trusted.key.begin());
  return trusted;
}

}  // namespace

Result<std::vector<TrustedKey>> load_trusted_keys(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".pub") paths.push_back(entry.path());
  }
  if (error == std::errc::no_such_file_or_directory) return std::vector<TrustedKey>{};
  if (error) return fail_errno(folder.string(), error.value());
  if (paths.size() > kMaxKeys) return fail(ErrorCode::TooLarge, folder.string() + ": more than 64 keys");
  std::sort(paths.begin(), paths.end());
  std::vector<TrustedKey> keys;
  for (const auto& path : paths) keys.push_back(WD_TRY(read_key(path)));
  return keys;
}

}  // namespace warder::pack
