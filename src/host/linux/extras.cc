#include "host/linux/extras.h"

#include <fmt/format.h>
#include <sys/xattr.h>

#include <algorithm>
#include <functional>
#include <string_view>
#include <vector>

namespace warder::host {
namespace {

constexpr std::size_t kMaxNames = 64 << 10;  // XATTR_LIST_MAX
constexpr std::size_t kMaxValue = 64 << 10;  // XATTR_SIZE_MAX
constexpr std::size_t kMaxShown = 64;        // longer values are told by length and a checksum

using Lister = std::function<ssize_t(char*, std::size_t)>;
using Getter = std::function<ssize_t(const char*, void*, std::size_t)>;

// FNV-1a: not for adversaries alone, since ctime and the values' lengths are kept as well.
std::uint64_t checksum(ByteView bytes) noexcept {
  std::uint64_t sum = 0xcbf29ce484222325U;
  for (const std::uint8_t byte : bytes) sum = (sum ^ byte) * 0x100000001b3U;
  return sum;
}

std::string value_text(ByteView value) {
  if (value.size() <= kMaxShown) return to_hex(value);
  return fmt::format("{}...{} bytes {:016x}", to_hex(value.first(16)), value.size(), checksum(value));
}

FileExtras collect(const Lister& list, const Getter& get) {
  FileExtras extras;
  // Most files have none: a small buffer saves the question for the size.
  std::string names(1024, '\0');
  ssize_t size = list(names.data(), names.size());
  if (size < 0 && errno == ERANGE) {
    names.resize(kMaxNames);
    size = list(names.data(), names.size());
  }
  if (size <= 0) return extras;
  names.resize(static_cast<std::size_t>(size));
  std::vector<std::string> others;
  Bytes value(kMaxValue);
  for (std::size_t at = 0; at < names.size();) {
    const char* const name = names.c_str() + at;
    const std::string_view text(name);
    at += text.size() + 1;
    const ssize_t got = get(name, value.data(), value.size());
    if (got < 0) continue;
    const ByteView raw = ByteView(value).first(static_cast<std::size_t>(got));
    if (text == "system.posix_acl_access") {
      extras.acl += acl_text(raw);
    } else if (text == "system.posix_acl_default") {
      extras.acl += (extras.acl.empty() ? "default:" : ";default:") + acl_text(raw);
    } else if (text == "security.capability") {
      extras.capabilities = capabilities_text(raw);
    } else {
      others.push_back(std::string(text) + "=" + value_text(raw));
    }
  }
  std::sort(others.begin(), others.end());
  for (const std::string& each : others) extras.attributes += (extras.attributes.empty() ? "" : ",") + each;
  return extras;
}

}  // namespace

FileExtras read_extras(int fd) {
  return collect([fd](char* names, std::size_t size) { return ::flistxattr(fd, names, size); },
                 [fd](const char* name, void* value, std::size_t size) { return ::fgetxattr(fd, name, value, size); });
}

FileExtras read_extras_of_path(const std::string& path) {
  const char* const where = path.c_str();
  return collect(
      [where](char* names, std::size_t size) { return ::listxattr(where, names, size); },
      [where](const char* name, void* value, std::size_t size) { return ::getxattr(where, name, value, size); });
}

// linux/posix_acl_xattr.h: version u32le 2, then entries {tag u16le, permissions u16le, id u32le}.
std::string acl_text(ByteView raw) {
  Reader reader(raw);
  const auto version = reader.u32le();
  if (!version || *version != 2) return to_hex(raw);
  std::string text;
  while (!reader.is_at_end()) {
    const auto tag = reader.u16le();
    const auto bits = tag ? reader.u16le() : tag;
    const auto id = reader.u32le();
    if (!tag || !bits || !id) return to_hex(raw);
    std::string entry;
    switch (*tag) {
      case 0x01:
        entry = "user:";
        break;
      case 0x02:
        entry = fmt::format("user:{}", *id);
        break;
      case 0x04:
        entry = "group:";
        break;
      case 0x08:
        entry = fmt::format("group:{}", *id);
        break;
      case 0x10:
        entry = "mask:";
        break;
      case 0x20:
        entry = "other:";
        break;
      default:
        return to_hex(raw);
    }
    text += fmt::format("{}{}:{}{}{}", text.empty() ? "" : ",", entry, (*bits & 4) != 0 ? 'r' : '-',
                        (*bits & 2) != 0 ? 'w' : '-', (*bits & 1) != 0 ? 'x' : '-');
  }
  return text;
}

// linux/capability.h: magic u32le (revision in the high byte, effective in bit 0), {permitted, inheritable} u32le × 1
// or 2, and in revision 3 the user id of the namespace's root.
std::string capabilities_text(ByteView raw) {
  Reader reader(raw);
  const auto magic = reader.u32le();
  if (!magic) return to_hex(raw);
  const unsigned revision = *magic >> 24;
  std::uint64_t permitted = 0;
  std::uint64_t inheritable = 0;
  for (unsigned word = 0; word < (revision == 1 ? 1U : 2U); ++word) {
    const auto p = reader.u32le();
    const auto i = reader.u32le();
    if (!p || !i) return to_hex(raw);
    permitted |= std::uint64_t{*p} << (32 * word);
    inheritable |= std::uint64_t{*i} << (32 * word);
  }
  std::string text = fmt::format("permitted={:x} inheritable={:x} effective={}", permitted, inheritable, *magic & 1U);
  if (revision == 3) {
    const auto root = reader.u32le();
    if (root) text += fmt::format(" rootid={}", *root);
  }
  return text;
}

}  // namespace warder::host
