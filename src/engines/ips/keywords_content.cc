// content and its modifiers, pcre, isdataat, and tests of a whole buffer.
#include <algorithm>

#include "base/text.h"
#include "engines/ips/content_text.h"
#include "engines/ips/keywords.h"
#include "engines/ips/regex.h"
#include "engines/ips/rule_builder.h"

namespace warder::ips {

namespace {

Result<void> number_of(RuleBuilder& builder, std::string_view value, std::optional<Operand>& target,
                       std::string_view what) {
  target = WD_TRY(builder.operand(value).in(what));
  return {};
}

Result<void> make_nocase(Content& content) {
  content.is_nocase = true;
  for (auto& c : content.bytes) c = c >= 'A' && c <= 'Z' ? static_cast<std::uint8_t>(c + 32) : c;
  return {};
}

Result<void> set_fast_pattern(Content& content, std::string_view value) {
  content.is_fast_pattern = true;
  if (value.empty()) return {};
  if (value == "only") {
    content.is_only_fast_pattern = true;
    return {};
  }
  const auto comma = value.find(',');
  const auto from = parse_integer<std::uint16_t>(trim(value.substr(0, comma)));
  const auto length =
      comma == std::string_view::npos ? std::nullopt : parse_integer<std::uint16_t>(trim(value.substr(comma + 1)));
  if (!from || !length || *from + *length > content.bytes.size() || *length == 0) {
    return fail(ErrorCode::Invalid, "fast_pattern: \"" + std::string(value) + "\" is not inside the pattern");
  }
  content.fast_offset = *from;
  content.fast_length = *length;
  return {};
}

Result<void> modify(RuleBuilder& builder, Content& content, std::string_view name, std::string_view value) {
  if (name == "nocase") return make_nocase(content);
  if (name == "offset") return number_of(builder, value, content.offset, name);
  if (name == "depth") return number_of(builder, value, content.depth, name);
  if (name == "distance") return number_of(builder, value, content.distance, name);
  if (name == "within") return number_of(builder, value, content.within, name);
  if (name == "fast_pattern") return set_fast_pattern(content, value);
  if (name == "rawbytes") return {};
  if (name == "fast_pattern_offset" || name == "fast_pattern_length") {
    const auto number = parse_integer<std::uint16_t>(value);
    if (!number) return fail(ErrorCode::Invalid, std::string(name) + " needs a number");
    (name == "fast_pattern_offset" ? content.fast_offset : content.fast_length) = *number;
    if (std::size_t{content.fast_offset} + content.fast_length > content.bytes.size()) {
      return fail(ErrorCode::Invalid, std::string(name) + " is not inside the pattern");
    }
    content.is_fast_pattern = true;
    return {};
  }
  if (name == "startswith") {
    if (content.offset || content.depth || content.is_relative()) {
      return fail(ErrorCode::Invalid, "startswith with offset, depth, distance or within");
    }
    content.offset = Operand{0, -1};
    content.depth = Operand{static_cast<std::int64_t>(content.bytes.size()), -1};
    return {};
  }
  if (name == "endswith") {
    content.ends_buffer = true;
    return {};
  }
  return fail(ErrorCode::Invalid, "content has no modifier \"" + std::string(name) + "\"");
}

/// Snort 3 writes modifiers inside: content:"x",nocase,offset 5.
Result<void> modify_all(RuleBuilder& builder, Content& content, std::string_view list) {
  for (const auto part : split_arguments(list)) {
    const auto space = part.find_first_of(" \t:");
    const auto value = space == std::string_view::npos ? std::string_view{} : trim(part.substr(space + 1));
    if (auto done = modify(builder, content, part.substr(0, space), value); !done) return done;
  }
  return {};
}

Result<Content> read_content(std::string_view value) {
  const auto argument = WD_TRY(parse_quoted(value));
  Content content;
  content.bytes = WD_TRY(parse_pattern(argument.text));
  content.is_negated = argument.is_negated;
  return content;
}

Result<void> content(RuleBuilder& builder, std::string_view value) {
  const auto argument = WD_TRY(parse_quoted(value).in("content"));
  Content made = WD_TRY(read_content(value).in("content"));
  builder.add({std::move(made), false});
  if (argument.rest.empty()) return {};
  auto* const last = WD_TRY(builder.last_content());
  return modify_all(builder, *last, argument.rest);
}

Result<void> uricontent(RuleBuilder& builder, std::string_view value) {
  if (auto added = content(builder, value); !added) return added;
  return builder.move_last_content(app::BufferId::HttpUri);
}

template <const char* kName>
Result<void> modifier(RuleBuilder& builder, std::string_view value) {
  auto* const last = WD_TRY(builder.last_content().in(kName));
  return modify(builder, *last, kName, value);
}

constexpr char kNocase[] = "nocase";
constexpr char kOffset[] = "offset";
constexpr char kDepth[] = "depth";
constexpr char kDistance[] = "distance";
constexpr char kWithin[] = "within";
constexpr char kStartswith[] = "startswith";
constexpr char kEndswith[] = "endswith";
constexpr char kFastPattern[] = "fast_pattern";
constexpr char kRawbytes[] = "rawbytes";

struct PcreBuffer {
  char letter;
  app::BufferId buffer;
};
constexpr PcreBuffer kPcreBuffers[] = {
    {'U', app::BufferId::HttpUri},          {'I', app::BufferId::HttpUriRaw},    {'P', app::BufferId::HttpRequestBody},
    {'Q', app::BufferId::HttpResponseBody}, {'H', app::BufferId::HttpHeader},    {'D', app::BufferId::HttpHeaderRaw},
    {'M', app::BufferId::HttpMethod},       {'C', app::BufferId::HttpCookie},    {'S', app::BufferId::HttpStatCode},
    {'Y', app::BufferId::HttpStatMsg},      {'V', app::BufferId::HttpUserAgent}, {'W', app::BufferId::HttpHost},
    {'Z', app::BufferId::HttpHostRaw},
};

struct PcreFlags {
  Regex::Options options;
  bool is_relative = false;
  std::optional<app::BufferId> buffer;
};

Result<PcreFlags> read_flags(std::string_view letters) {
  PcreFlags flags;
  for (const char letter : letters) {
    switch (letter) {
      case 'i':
        flags.options.is_caseless = true;
        continue;
      case 's':
        flags.options.dot_matches_all = true;
        continue;
      case 'm':
        flags.options.is_multiline = true;
        continue;
      case 'x':
        flags.options.is_extended = true;
        continue;
      case 'A':
        flags.options.is_anchored = true;
        continue;
      case 'E':
        flags.options.is_dollar_end_only = true;
        continue;
      case 'G':
        flags.options.is_ungreedy = true;
        continue;
      case 'R':
        flags.is_relative = true;
        continue;
      case 'B':
      case 'O':
        continue;
      default:
        break;
    }
    const auto* const row = std::ranges::find(kPcreBuffers, letter, &PcreBuffer::letter);
    if (row == std::end(kPcreBuffers))
      return fail(ErrorCode::Invalid, std::string("pcre has no flag \"") + letter + "\"");
    flags.buffer = row->buffer;
  }
  return flags;
}

/// Rules quote what Suricata's option syntax needs quoted; PCRE wants it plain.
std::string unescape_for_pcre(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) {
      if (text[i + 1] != ';' && text[i + 1] != '"' && text[i + 1] != '/') out += text[i];
      out += text[++i];
    } else {
      out += text[i];
    }
  }
  return out;
}

Result<void> pcre(RuleBuilder& builder, std::string_view value) {
  bool is_negated = value.starts_with('!');
  if (is_negated) value = trim(value.substr(1));
  // Nothing follows the expression: a quote inside needs no escape.
  auto text = value;
  if (text.starts_with('"')) {
    if (text.size() < 2 || !text.ends_with('"')) return fail(ErrorCode::Invalid, "pcre: the closing quote is missing");
    text = text.substr(1, text.size() - 2);
  }
  if (text.starts_with('!')) {
    is_negated = true;
    text.remove_prefix(1);
  }
  if (text.starts_with('m') && text.size() > 1) text.remove_prefix(1);  // m/…/
  const auto end = text.rfind('/');
  if (!text.starts_with('/') || end == 0) return fail(ErrorCode::Invalid, "pcre: not of the form /…/flags");
  const auto flags = WD_TRY(read_flags(text.substr(end + 1)));
  Pcre made;
  made.regex = WD_TRY(Regex::compile(unescape_for_pcre(text.substr(1, end - 1)), flags.options).in("pcre"));
  made.is_relative = flags.is_relative;
  made.is_negated = is_negated;
  if (!flags.buffer) {
    builder.add({std::move(made), false});
    return {};
  }
  return builder.add_to_buffer(*flags.buffer, {std::move(made), false});
}

Result<void> isdataat(RuleBuilder& builder, std::string_view value) {
  IsDataAt made;
  bool is_first = true;
  for (auto part : split_arguments(value)) {
    if (is_first) {
      made.is_negated = part.starts_with('!');
      if (made.is_negated) part = trim(part.substr(1));
      made.position = WD_TRY(builder.operand(part).in("isdataat"));
      is_first = false;
    } else if (part == "relative") {
      made.is_relative = true;
    } else if (part != "rawbytes") {
      return fail(ErrorCode::Invalid, "isdataat has no \"" + std::string(part) + "\"");
    }
  }
  builder.add({made, false});
  return {};
}

Result<void> bsize(RuleBuilder& builder, std::string_view value) {
  if (builder.current_part() == nullptr) return fail(ErrorCode::Invalid, "bsize without a buffer");
  builder.add({BufferSize{WD_TRY(Comparison::parse(value).in("bsize"))}, false});
  return {};
}

Result<void> absent(RuleBuilder& builder, std::string_view value) {
  auto* const part = builder.current_part();
  if (part == nullptr) return fail(ErrorCode::Invalid, "absent without a buffer");
  if (!value.empty() && value != "or_else") return fail(ErrorCode::Invalid, "absent takes \"or_else\" or nothing");
  (value.empty() ? part->must_be_absent : part->may_be_absent) = true;
  return {};
}

Result<void> entropy(RuleBuilder& builder, std::string_view value) {
  Entropy made;
  for (const auto part : split_arguments(value)) {
    const auto space = part.find_first_of(" \t");
    const auto name = part.substr(0, space);
    const auto text = space == std::string_view::npos ? std::string(part) : std::string(trim(part.substr(space)));
    if (name == "bytes" || name == "offset") {
      const auto number = parse_size(text);
      if (!number || *number > 0xffffffffU) return fail(ErrorCode::Invalid, "entropy: " + std::string(part));
      (name == "bytes" ? made.bytes : made.offset) = static_cast<std::uint32_t>(*number);
      continue;
    }
    const auto digits = text.find_first_of("0123456789.");
    if (digits == std::string::npos) return fail(ErrorCode::Invalid, "entropy: " + std::string(part));
    char* end = nullptr;
    const double bits = std::strtod(text.c_str() + digits, &end);
    const auto op = trim(std::string_view(text).substr(0, digits));
    constexpr double kNearly = 1e-9;
    if (const auto rest = trim(std::string_view(end)); rest.starts_with('-')) {  // 4-5: between them
      made.low = bits + kNearly;
      made.high = std::strtod(std::string(rest.substr(1)).c_str(), nullptr) - kNearly;
      made.is_negated = op.starts_with('!');
      continue;
    }
    if (op.empty() || op == "=" || op == "==") {
      made.low = bits - kNearly, made.high = bits + kNearly;
    } else if (op.starts_with('>')) {
      made.low = op == ">" ? bits + kNearly : bits;
    } else if (op.starts_with('<')) {
      made.high = op == "<" ? bits - kNearly : bits;
    } else if (op.starts_with('!')) {
      made.low = bits - kNearly, made.high = bits + kNearly, made.is_negated = true;
    } else {
      return fail(ErrorCode::Invalid, "entropy: " + std::string(part));
    }
  }
  builder.add({made, false});
  return {};
}

Result<void> base64_decode(RuleBuilder& builder, std::string_view value) {
  Base64Decode made;
  for (const auto part : split_arguments(value)) {
    if (part.empty()) continue;
    const auto space = part.find_first_of(" \t:");
    const auto name = part.substr(0, space);
    const auto number =
        space == std::string_view::npos ? std::nullopt : parse_integer<std::uint32_t>(trim(part.substr(space + 1)));
    if (name == "relative") {
      made.is_relative = true;
    } else if (name == "bytes" && number) {
      made.bytes = *number;
    } else if (name == "offset" && number) {
      made.offset = *number;
    } else {
      return fail(ErrorCode::Invalid, "base64_decode has no \"" + std::string(part) + "\"");
    }
  }
  builder.add({std::move(made), false});
  return {};
}

Result<void> base64_data(RuleBuilder& builder, std::string_view /*value*/) {
  return builder.select_base64();
}

Result<void> pkt_data(RuleBuilder& builder, std::string_view /*value*/) {
  builder.select_payload();
  return {};
}

Result<void> prefilter(RuleBuilder& builder, std::string_view /*value*/) {
  builder.rule().has_prefilter_hint = true;
  return {};
}

constexpr KeywordRow kRows[] = {
    {"content", content, "bytes that must (or with ! must not) be there"},
    {"uricontent", uricontent, "content in the request URI (old)"},
    {"nocase", modifier<kNocase>, "the content ignores case"},
    {"offset", modifier<kOffset>, "the content begins at this byte or later"},
    {"depth", modifier<kDepth>, "the content is within so many bytes from the offset"},
    {"distance", modifier<kDistance>, "the content begins so many bytes after the match before it"},
    {"within", modifier<kWithin>, "the content ends within so many bytes of the match before it"},
    {"startswith", modifier<kStartswith>, "the content begins the buffer"},
    {"endswith", modifier<kEndswith>, "the content ends the buffer"},
    {"fast_pattern", modifier<kFastPattern>, "the content is what rules are searched by"},
    {"rawbytes", modifier<kRawbytes>, "no effect"},
    {"prefilter", prefilter, "no effect: the engine chooses"},
    {"pcre", pcre, "a Perl-compatible regular expression"},
    {"isdataat", isdataat, "there are so many bytes, from the beginning or the match before it"},
    {"bsize", bsize, "the size of the buffer"},
    {"absent", absent, "the buffer is not there"},
    {"entropy", entropy, "Shannon entropy of the buffer"},
    {"base64_decode", base64_decode, "decode base64 in the buffer"},
    {"base64_data", base64_data, "look at what base64_decode decoded"},
    {"pkt_data", pkt_data, "look at the payload again"},
};

}  // namespace

std::span<const KeywordRow> content_keywords() noexcept {
  return kRows;
}

}  // namespace warder::ips
