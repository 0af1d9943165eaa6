#include "pack/manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <set>

#include "base/json.h"
#include "base/text.h"

namespace warder::pack {
namespace {

constexpr std::int64_t kFormat = 1;
constexpr std::size_t kMaxPath = 200;
constexpr std::size_t kMaxDepth = 8;

bool is_lower(char c) {
  return c >= 'a' && c <= 'z';
}
bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_word(char c) {
  return is_lower(c) || is_digit(c) || (c >= 'A' && c <= 'Z');
}

bool is_name(std::string_view text) {
  return !text.empty() && text.size() <= 63 && is_lower(text.front()) &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_lower(c) || is_digit(c) || c == '-'; });
}

/// The numbers before an optional "-label".
Result<std::array<std::uint32_t, 4>> parse_version(std::string_view text) {
  const std::size_t dash = text.find('-');
  const std::string_view label = dash == std::string_view::npos ? "x" : text.substr(dash + 1);
  const auto numbers = split(text.substr(0, dash), '.');
  const bool is_label = !label.empty() && label.size() <= 32 &&
                        std::all_of(label.begin(), label.end(), [](char c) { return is_word(c) || c == '.'; });
  std::array<std::uint32_t, 4> version{};
  bool is_version = is_label && numbers.size() <= version.size();
  for (std::size_t i = 0; is_version && i < numbers.size(); ++i) {
    const auto number = parse_integer<std::uint32_t>(numbers[i]);
    is_version = number.has_value();
    version.at(i) = number.value_or(0);
  }
  if (!is_version) return fail(ErrorCode::Invalid, fmt::format("\"{}\" is not a version like 1.4.0", text));
  return version;
}

bool is_licence(std::string_view text) {
  return !text.empty() && text.size() <= 100 && std::all_of(text.begin(), text.end(), [](char c) {
    return is_word(c) || std::string_view{" .-+()"}.find(c) != std::string_view::npos;
  });
}

/// Nothing that a file system, a shell or another program could read as more than a name: no dot first (so neither
/// ".." nor hidden files), no backslash, no control characters.
bool is_path(std::string_view path) {
  if (path.empty() || path.size() > kMaxPath) return false;
  const auto parts = split(path, '/');
  return parts.size() <= kMaxDepth && std::all_of(parts.begin(), parts.end(), [](std::string_view part) {
           return !part.empty() && part.front() != '.' && std::all_of(part.begin(), part.end(), [](char c) {
             return is_word(c) || std::string_view{"._+-"}.find(c) != std::string_view::npos;
           });
         });
}

Result<void> check_paths(const Manifest& manifest) {
  std::set<std::string_view> paths;
  for (const auto& file : manifest.files) {
    if (!is_path(file.path)) return fail(ErrorCode::Invalid, "manifest: bad path " + escape_non_utf8(file.path));
    if (!paths.empty() && *paths.rbegin() >= file.path) {
      return fail(ErrorCode::Invalid, fmt::format("manifest: {} is out of order or there twice", file.path));
    }
    paths.insert(file.path);
  }
  for (const std::string_view path : paths) {
    for (std::size_t slash = path.find('/'); slash != std::string_view::npos; slash = path.find('/', slash + 1)) {
      if (!paths.contains(path.substr(0, slash))) continue;
      return fail(ErrorCode::Invalid, fmt::format("manifest: {} is a file and a folder", path.substr(0, slash)));
    }
  }
  return {};
}

Result<void> check_sizes(const Manifest& manifest) {
  if (manifest.files.empty()) return fail(ErrorCode::Invalid, "manifest: no files");
  if (manifest.files.size() > kMaxFiles) {
    return fail(ErrorCode::TooLarge, fmt::format("manifest: {} files, at most {}", manifest.files.size(), kMaxFiles));
  }
  std::uint64_t total = 0;
  for (const auto& file : manifest.files) {
    if (file.bytes > kMaxUnpackedBytes - total) return fail(ErrorCode::TooLarge, "manifest: over 512 MiB unpacked");
    total += file.bytes;
  }
  return {};
}

Result<PackFile> parse_file(const json::value& value) {
  if (!value.is_object()) return fail(ErrorCode::Invalid, "not an object");
  const auto& object = value.get_object();
  PackFile file;
  file.path = WD_TRY(get_string(object, "path"));
  const std::int64_t bytes = WD_TRY(get_int(object, "bytes"));
  if (bytes < 0) return fail(ErrorCode::Invalid, "/bytes: negative");
  file.bytes = static_cast<std::uint64_t>(bytes);
  const Bytes digest = WD_TRY(from_hex(WD_TRY(get_string(object, "sha256"))));
  if (digest.size() != file.sha256.size()) return fail(ErrorCode::Invalid, "/sha256: not 64 hex digits");
  std::copy(digest.begin(), digest.end(), file.sha256.begin());
  return file;
}

}  // namespace

Result<void> check_manifest(const Manifest& manifest) {
  if (!is_name(manifest.name)) return fail(ErrorCode::Invalid, "manifest: /name: not 1..63 of a-z, 0-9 and '-'");
  WD_TRY(parse_version(manifest.version).in("manifest: /version"));
  WD_TRY(parse_version(manifest.minimum_engine).in("manifest: /minimum_engine"));
  if (!is_licence(manifest.licence)) return fail(ErrorCode::Invalid, "manifest: /licence: not an SPDX expression");
  WD_TRY(check_sizes(manifest));
  return check_paths(manifest);
}

std::string print_manifest(const Manifest& manifest) {
  json::array files;
  for (const auto& file : manifest.files) {
    files.push_back(json::object{
        {"path", file.path}, {"bytes", static_cast<std::int64_t>(file.bytes)}, {"sha256", to_hex(file.sha256)}});
  }
  return canonical_json(json::object{{"format", kFormat},
                                     {"name", manifest.name},
                                     {"version", manifest.version},
                                     {"licence", manifest.licence},
                                     {"minimum_engine", manifest.minimum_engine},
                                     {"files", std::move(files)}});
}

Result<Manifest> parse_manifest(std::string_view text) {
  const json::value value = WD_TRY(parse_json(text, kMaxManifestBytes, 4).in("manifest"));
  if (!value.is_object()) return fail(ErrorCode::Invalid, "manifest: not an object");
  const auto& object = value.get_object();
  const std::int64_t format = WD_TRY(get_int(object, "format").in("manifest"));
  if (format != kFormat) {
    return fail(ErrorCode::Invalid, fmt::format("manifest: format {} is not known; a newer Warder is needed", format));
  }
  Manifest manifest;
  manifest.name = WD_TRY(get_string(object, "name").in("manifest"));
  manifest.version = WD_TRY(get_string(object, "version").in("manifest"));
  manifest.licence = WD_TRY(get_string(object, "licence").in("manifest"));
  manifest.minimum_engine = WD_TRY(get_string(object, "minimum_engine").in("manifest"));
  for (const auto& file : *WD_TRY(get_array(object, "files").in("manifest"))) {
    manifest.files.push_back(WD_TRY(parse_file(file).in("manifest: /files")));
  }
  WD_TRY(check_manifest(manifest));
  // One form only: nothing can hide in unknown members or between the lines.
  if (print_manifest(manifest) != text) return fail(ErrorCode::Invalid, "manifest: not in canonical form");
  return manifest;
}

Result<bool> is_new_enough(std::string_view engine, std::string_view minimum) {
  return WD_TRY(parse_version(engine)) >= WD_TRY(parse_version(minimum));
}

}  // namespace warder::pack
