#include "host/mounts.h"

#include "base/text.h"
#include "host/lines.h"

namespace warder::host {
namespace {

constexpr bool is_octal(char c) noexcept {
  return c >= '0' && c <= '7';
}

// The kernel writes blanks and backslashes as three octal digits (fs/seq_file.c, mangle_path).
std::string unescape(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\\' || i + 3 >= text.size() || !is_octal(text[i + 1]) || !is_octal(text[i + 2]) ||
        !is_octal(text[i + 3])) {
      out += text[i];
      continue;
    }
    const int value = (text[i + 1] - '0') * 64 + (text[i + 2] - '0') * 8 + (text[i + 3] - '0');
    out += static_cast<char>(value & 0xff);
    i += 3;
  }
  return out;
}

}  // namespace

std::vector<Mount> parse_mountinfo(std::string_view text) {
  std::vector<Mount> mounts;
  while (!text.empty() && mounts.size() < kMaxMounts) {
    std::string_view line = take_line(text);
    const auto id = parse_integer<std::uint64_t>(take_word(line));
    const auto parent = parse_integer<std::uint64_t>(take_word(line));
    Mount mount;
    mount.device = take_word(line);
    mount.root = unescape(take_word(line));
    mount.target = unescape(take_word(line));
    mount.options = take_word(line);
    std::string_view word = take_word(line);
    while (!word.empty() && word != "-") word = take_word(line);  // optional fields: peer groups
    mount.type = take_word(line);
    mount.source = unescape(take_word(line));
    mount.super_options = take_word(line);
    if (!id || !parent || word.empty() || mount.type.empty() || !mount.target.starts_with('/')) continue;
    mount.id = *id;
    mount.parent = *parent;
    mounts.push_back(std::move(mount));
  }
  return mounts;
}

}  // namespace warder::host
