#include "agent/diagnostics.h"

#include <sys/utsname.h>
#include <zlib.h>

#include <array>
#include <cstdio>
#include <cstring>
#include <filesystem>

#include "agent/policy_keeper.h"
#include "base/file.h"
#include "base/text.h"

namespace warder::agent {
namespace {

constexpr std::size_t kBlock = 512;
constexpr std::string_view kRedacted = "(redacted)";

void put_octal(std::string& header, std::size_t offset, std::size_t size, std::uint64_t value) {
  std::array<char, 24> text{};
  std::snprintf(text.data(), text.size(), "%0*llo", static_cast<int>(size - 1),  // NOLINT: octal without iostream
                static_cast<unsigned long long>(value));
  header.replace(offset, size - 1, text.data(), size - 1);
}

/// POSIX.1-1988 ustar: field offsets are the standard's.
std::string tar_header(std::string_view name, std::size_t bytes, Timestamp time) {
  std::string header(kBlock, '\0');
  header.replace(0, std::min<std::size_t>(name.size(), 99), name.substr(0, 99));
  put_octal(header, 100, 8, 0600);
  put_octal(header, 108, 8, 0);
  put_octal(header, 116, 8, 0);
  put_octal(header, 124, 12, bytes);
  put_octal(header, 136, 12, static_cast<std::uint64_t>(to_micros(time) / 1'000'000));
  header.replace(148, 8, 8, ' ');  // the checksum counts as blanks
  header[156] = '0';
  header.replace(257, 8, std::string_view("ustar\00000", 8));
  std::uint64_t sum = 0;
  for (const char c : header) sum += static_cast<unsigned char>(c);
  put_octal(header, 148, 7, sum);
  header[154] = '\0';
  return header;
}

Result<std::string> compress(std::string_view text) {
  constexpr int kGzip = 16 + MAX_WBITS;
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, kGzip, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return fail(ErrorCode::Internal, "zlib: cannot start");
  }
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in(text);
  stream.next_in = reinterpret_cast<Bytef*>(in.data());    // NOLINT: zlib's byte type
  stream.next_out = reinterpret_cast<Bytef*>(out.data());  // NOLINT: zlib's byte type
  stream.avail_in = static_cast<uInt>(in.size());
  stream.avail_out = static_cast<uInt>(out.size());
  const int result = deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  if (result != Z_STREAM_END) return fail(ErrorCode::Internal, "zlib: cannot compress");
  return out;
}

bool is_secret(std::string_view key) {
  const std::string lower = to_lower_ascii(key);
  for (const char* word : {"token", "secret", "password", "private", "key", "credential"}) {
    if (lower.find(word) != std::string::npos) return true;
  }
  return false;
}

std::string redact_text(std::string_view text) {
  const auto scheme = text.find("://");
  const auto at = text.find('@');
  if (scheme == std::string_view::npos || at == std::string_view::npos || at < scheme) return std::string(text);
  return std::string(text.substr(0, scheme + 3)) + std::string(kRedacted) + std::string(text.substr(at));
}

std::string describe_host() {
  std::string text;
  utsname names{};
  if (::uname(&names) == 0) {
    text += std::string("kernel ") + static_cast<const char*>(names.release) + " " +
            static_cast<const char*>(names.machine) + "\n";
  }
  for (const char* path : {"/etc/os-release", "/proc/meminfo", "/proc/loadavg", "/sys/kernel/security/lsm"}) {
    const auto content = read_file(path, 65'536);
    text += "== " + std::string(path) + "\n" + (content ? *content : content.error().message) + "\n";
  }
  return text;
}

std::string list_state(const std::filesystem::path& directory) {
  std::string text;
  std::error_code error;
  for (std::filesystem::recursive_directory_iterator it(directory, error), end; !error && it != end;
       it.increment(error)) {
    std::error_code size_error;
    const auto bytes = it->is_regular_file(size_error) ? it->file_size(size_error) : 0;
    text += std::to_string(bytes) + " " + it->path().string() + "\n";
  }
  return text;
}

}  // namespace

json::value redact(const json::value& value) {
  if (value.is_string()) {
    json::value text = json::string(redact_text(value.get_string()));
    return text;
  }
  if (value.is_array()) {
    json::array copy;
    for (const auto& item : value.get_array()) copy.push_back(redact(item));
    return copy;
  }
  if (!value.is_object()) return value;
  json::object copy;
  for (const auto& [key, member] : value.get_object()) {
    copy[key] = is_secret(key) ? json::value(kRedacted) : redact(member);
  }
  return copy;
}

Result<std::string> make_bundle(const std::vector<BundleFile>& files, Timestamp time) {
  std::string tar;
  for (const BundleFile& file : files) {
    tar += tar_header("warder-diagnostics/" + file.name, file.content.size(), time);
    tar += file.content;
    tar.append((kBlock - file.content.size() % kBlock) % kBlock, '\0');
  }
  tar.append(2 * kBlock, '\0');
  return compress(tar);
}

std::vector<BundleFile> collect_diagnostics(const Config& config, const json::object& status) {
  Config copy = config;
  std::vector<BundleFile> files;
  files.push_back({"version.txt", std::string(WARDER_VERSION) + "\n"});
  files.push_back({"status.json", json::serialize(redact(status)) + "\n"});
  files.push_back({"settings.json", json::serialize(redact(to_json(bind_fields(copy)))) + "\n"});
  const auto policy = load_policy(config.policy_file());
  const auto document =
      policy && *policy ? parse_json((*policy)->document, 8 << 20) : Result<json::value>(json::value());
  files.push_back({"policy.json", json::serialize(document ? redact(*document) : json::value()) + "\n"});
  files.push_back({"host.txt", describe_host()});
  files.push_back({"files.txt", list_state(config.state())});
  return files;
}

}  // namespace warder::agent
