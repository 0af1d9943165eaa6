// Conditions on files: size, digests, names.
#include <algorithm>

#include "base/text.h"
#include "engines/ips/content_text.h"
#include "engines/ips/keywords.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

Result<void> filesize(RuleBuilder& builder, std::string_view value) {
  FilePart made;
  made.kind = FilePart::Kind::Size;
  if (const auto comma = value.find(','); comma != std::string_view::npos) {
    made.side = find_direction(trim(value.substr(0, comma)));
    if (made.side) value = trim(value.substr(comma + 1));
  }
  made.size = WD_TRY(Comparison::parse(value).in("filesize"));
  builder.rule().files.push_back(std::move(made));
  return {};
}

Result<void> digests(RuleBuilder& builder, std::string_view value, FilePart::Kind kind, std::size_t characters) {
  FilePart made;
  made.kind = kind;
  if (value.starts_with('!')) {
    made.is_negated = true;
    value = trim(value.substr(1));
  }
  if (!builder.context().read_file) return fail(ErrorCode::NotFound, "files cannot be read here");
  const auto text = WD_TRY(builder.context().read_file(unquoted(value)));
  std::vector<std::string> list;
  for (auto line : split(text, '\n')) {
    line = trim(line);
    if (line.empty() || line.front() == '#') continue;
    auto digest = to_lower_ascii(line.substr(0, characters));
    if (!from_hex(digest) || digest.size() != characters) {
      return fail(ErrorCode::Invalid, std::string(value) + ": \"" + std::string(line) + "\" is not a digest");
    }
    list.push_back(std::move(digest));
  }
  std::ranges::sort(list);
  made.digests = std::make_shared<const std::vector<std::string>>(std::move(list));
  builder.rule().files.push_back(std::move(made));
  return {};
}

Result<void> filemd5(RuleBuilder& builder, std::string_view value) {
  return digests(builder, value, FilePart::Kind::Md5, 32);
}
Result<void> filesha1(RuleBuilder& builder, std::string_view value) {
  return digests(builder, value, FilePart::Kind::Sha1, 40);
}
Result<void> filesha256(RuleBuilder& builder, std::string_view value) {
  return digests(builder, value, FilePart::Kind::Sha256, 64);
}

/// filename:"x" and filemagic:"x" are a content in the sticky buffer; without an argument they are the buffer.
Result<void> old_style(RuleBuilder& builder, std::string_view value, app::BufferId buffer, bool at_end) {
  if (value.empty()) return builder.select(Place::Application, buffer);
  const auto argument = WD_TRY(parse_quoted(value));
  Content content;
  content.bytes = WD_TRY(parse_pattern((at_end ? "." : "") + std::string(argument.text)));
  for (auto& c : content.bytes) c = c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
  content.is_nocase = true;
  content.is_negated = argument.is_negated;
  content.ends_buffer = at_end;
  return builder.add_to_buffer(buffer, {std::move(content), false});
}

Result<void> filename(RuleBuilder& builder, std::string_view value) {
  return old_style(builder, value, app::BufferId::FileName, false);
}
Result<void> fileext(RuleBuilder& builder, std::string_view value) {
  return old_style(builder, value, app::BufferId::FileName, true);
}
Result<void> filemagic(RuleBuilder& builder, std::string_view value) {
  return old_style(builder, value, app::BufferId::FileMagic, false);
}

constexpr KeywordRow kRows[] = {
    {"filesize", filesize, "size of a file"},
    {"filemd5", filemd5, "MD5 of a file is in a list"},
    {"filesha1", filesha1, "SHA-1 of a file is in a list"},
    {"filesha256", filesha256, "SHA-256 of a file is in a list"},
    {"filename", filename, "text in the name of a file"},
    {"fileext", fileext, "extension of a file"},
    {"filemagic", filemagic, "type of a file"},
};

}  // namespace

std::span<const KeywordRow> file_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
