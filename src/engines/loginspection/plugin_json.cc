// A line of JSON: each member is a field, "outer.inner" for nested ones. Read in one pass; a line that is not JSON has
// no fields at all.
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <cmath>

#include "engines/loginspection/decoder.h"
#include "engines/loginspection/plugin.h"

namespace warder::loginspection {

namespace {

constexpr std::size_t kMaxDepth = 32;
constexpr std::size_t kMaxFields = 1024;
constexpr std::size_t kMaxNameBytes = 512;

struct FixedName {
  std::string_view name;
  FieldId id;
};
constexpr std::array<FixedName, 15> kFixedNames = {{{"srcip", field::kSrcIp},
                                                    {"user", field::kDstUser},
                                                    {"dstip", field::kDstIp},
                                                    {"dstport", field::kDstPort},
                                                    {"srcport", field::kSrcPort},
                                                    {"protocol", field::kProtocol},
                                                    {"action", field::kAction},
                                                    {"srcuser", field::kSrcUser},
                                                    {"dstuser", field::kDstUser},
                                                    {"id", field::kId},
                                                    {"status", field::kStatus},
                                                    {"url", field::kUrl},
                                                    {"data", field::kData},
                                                    {"extra_data", field::kExtraData},
                                                    {"systemname", field::kSystemName}}};

void append_utf8(std::string& out, std::uint32_t code) {
  if (code < 0x80) {
    out.push_back(static_cast<char>(code));
  } else if (code < 0x800) {
    out.push_back(static_cast<char>(0xc0 | code >> 6));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else if (code < 0x10000) {
    out.push_back(static_cast<char>(0xe0 | code >> 12));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  } else {
    out.push_back(static_cast<char>(0xf0 | code >> 18));
    out.push_back(static_cast<char>(0x80 | (code >> 12 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code >> 6 & 0x3f)));
    out.push_back(static_cast<char>(0x80 | (code & 0x3f)));
  }
}

class JsonReader {
 public:
  JsonReader(Event& event, const Decoder& decoder, std::string_view text)
      : event_(event), decoder_(decoder), text_(text) {}

  void read() {
    skip_space();
    const bool is_read = peek() == '{' && value(0);
    if (is_read) return;
    event_.drop_other_fields(added_);
    for (const auto& row : kFixedNames) {
      if ((fixed_ >> row.id & 1) != 0) event_.unset(row.id);
    }
  }

 private:
  [[nodiscard]] char peek() const noexcept { return at_ < text_.size() ? text_[at_] : '\0'; }
  void skip_space() noexcept {
    while (at_ < text_.size() && static_cast<unsigned char>(text_[at_]) <= ' ') ++at_;
  }
  bool skip(std::string_view word) noexcept {
    if (!text_.substr(at_).starts_with(word)) return false;
    at_ += word.size();
    return true;
  }

  /// The value at hand, whose name is `name_`.
  bool value(std::size_t depth) {
    if (depth > kMaxDepth) return false;
    switch (peek()) {
      case '{':
        return object(depth);
      case '[':
        return array();
      case '"': {
        std::string_view text;
        if (!string(text)) return false;
        add(text);
        return true;
      }
      case 't':
        if (!skip("true")) return false;
        add("true");
        return true;
      case 'f':
        if (!skip("false")) return false;
        add("false");
        return true;
      case 'n':
        if (!skip("null")) return false;
        if (decoder_.keeps_json_null) add("null");
        return true;
      default: {
        std::string_view text;
        if (!number(text)) return false;
        add(text);
        return true;
      }
    }
  }

  bool object(std::size_t depth) {
    ++at_;
    skip_space();
    if (skip("}")) return true;
    const std::size_t outer = name_.size();
    while (true) {
      skip_space();
      std::string_view name;
      if (peek() != '"' || !string(name)) return false;
      if (outer != 0) name_.push_back('.');
      name_.append(name.substr(0, kMaxNameBytes - std::min(name_.size(), kMaxNameBytes)));
      skip_space();
      if (!skip(":")) return false;
      skip_space();
      if (!value(depth + 1)) return false;
      name_.resize(outer);
      skip_space();
      if (skip("}")) return true;
      if (!skip(",")) return false;
    }
  }

  /// A field with the array as JSON, or with its values and a comma behind each.
  bool array() {
    printed_.clear();
    const bool is_list = decoder_.lists_json_arrays;
    if (!print(0, is_list)) return false;
    if (!printed_.empty()) add(event_.keep(printed_));
    return true;
  }

  bool print(std::size_t depth, bool is_list) {
    if (depth > kMaxDepth) return false;
    const char open = peek();
    if (open == '[' || open == '{') return print_inner(depth, is_list && open == '[');
    if (open == '"') {
      std::string_view text;
      if (!string(text)) return false;
      is_list ? static_cast<void>(printed_.append(text)) : append_quoted(text);
      return true;
    }
    for (const std::string_view word : {"true", "false", "null"}) {
      if (!skip(word)) continue;
      printed_.append(word);
      return true;
    }
    std::string_view text;
    if (!number(text)) return false;
    printed_.append(text);
    return true;
  }

  /// As rules expect it: `["a", "b"]`, and objects with a line and a tab for each member.
  bool print_inner(std::size_t depth, bool is_list) {
    const bool is_array = text_[at_++] == '[';
    const char close = is_array ? ']' : '}';
    if (!is_list) printed_.append(is_array ? "[" : "{\n");
    skip_space();
    for (bool is_first = true; peek() != close; is_first = false) {
      if (!is_first && (!skip(",") || (skip_space(), peek() == close))) return false;
      if (!is_first && !is_list) printed_.append(is_array ? ", " : ",\n");
      if (!is_array && !print_name(depth)) return false;
      if (!print(depth + 1, is_list)) return false;
      if (is_list) printed_.push_back(',');
      skip_space();
    }
    ++at_;
    if (is_list) return true;
    if (!is_array) printed_.append(printed_.ends_with("{\n") ? "" : "\n").append(depth, '\t');
    printed_.push_back(close);
    return true;
  }

  bool print_name(std::size_t depth) {
    std::string_view name;
    printed_.append(depth + 1, '\t');
    if (peek() != '"' || !string(name)) return false;
    append_quoted(name);
    skip_space();
    if (!skip(":")) return false;
    skip_space();
    printed_.append(":\t");
    return true;
  }

  void append_quoted(std::string_view text) {
    printed_.push_back('"');
    for (const char c : text) {
      switch (c) {
        case '"':
          printed_.append("\\\"");
          break;
        case '\\':
          printed_.append("\\\\");
          break;
        case '\n':
          printed_.append("\\n");
          break;
        case '\r':
          printed_.append("\\r");
          break;
        case '\t':
          printed_.append("\\t");
          break;
        case '\b':
          printed_.append("\\b");
          break;
        case '\f':
          printed_.append("\\f");
          break;
        default:
          if (static_cast<unsigned char>(c) < ' ') {
            printed_.append(fmt::format("\\u{:04x}", static_cast<unsigned char>(c)));
          } else {
            printed_.push_back(c);
          }
      }
    }
    printed_.push_back('"');
  }

  /// The string at hand; a view into the line where nothing is escaped.
  bool string(std::string_view& out) {
    const std::size_t start = ++at_;
    const std::size_t end = text_.find_first_of("\"\\", at_);
    if (end == std::string_view::npos) return false;
    if (text_[end] == '"') {
      out = text_.substr(start, end - start);
      at_ = end + 1;
      return true;
    }
    unescaped_.assign(text_.substr(start, end - start));
    at_ = end;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] != '\\') {
        unescaped_.push_back(text_[at_++]);
      } else if (!escape()) {
        return false;
      }
    }
    if (peek() != '"') return false;
    ++at_;
    out = event_.keep(unescaped_);
    return true;
  }

  bool escape() {
    ++at_;
    const char c = peek();
    ++at_;
    static constexpr std::string_view kLetters = "bfnrt\"\\/";
    static constexpr std::string_view kMeanings = "\b\f\n\r\t\"\\/";
    if (const std::size_t found = kLetters.find(c); found != std::string_view::npos && c != '\0') {
      unescaped_.push_back(kMeanings[found]);
      return true;
    }
    if (c != 'u') return false;
    std::uint32_t code = 0;
    if (!hexadecimal(code)) return false;
    if (code >= 0xdc00 && code < 0xe000) return false;
    if (code >= 0xd800 && code < 0xdc00) {
      std::uint32_t low = 0;
      if (!skip("\\u") || !hexadecimal(low) || low < 0xdc00 || low >= 0xe000) return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    append_utf8(unescaped_, code);
    return true;
  }

  bool hexadecimal(std::uint32_t& code) noexcept {
    if (at_ + 4 > text_.size()) return false;
    const char* const end = text_.data() + at_ + 4;
    const auto [stopped, error] = std::from_chars(text_.data() + at_, end, code, 16);
    at_ += 4;
    return error == std::errc{} && stopped == end;
  }

  /// Whole numbers as they are, others with six digits behind the point.
  bool number(std::string_view& out) {
    const std::size_t start = at_;
    while (at_ < text_.size() && std::string_view("+-.0123456789eE").find(text_[at_]) != std::string_view::npos) ++at_;
    const std::string_view written = text_.substr(start, at_ - start);
    double parsed = 0;
    const auto [stopped, error] = std::from_chars(written.data(), written.data() + written.size(), parsed);
    if (written.empty() || error == std::errc::invalid_argument || stopped != written.data() + written.size())
      return false;
    const bool is_plain = written.find_first_not_of("-0123456789") == std::string_view::npos;
    if (is_plain && std::fabs(parsed) <= 2147483647.0) {
      out = written;
      return true;
    }
    const bool is_whole = std::fabs(parsed) <= 2147483647.0 && parsed == std::floor(parsed);
    out = event_.keep(is_whole ? fmt::format("{}", static_cast<std::int64_t>(parsed)) : fmt::format("{:f}", parsed));
    return true;
  }

  void add(std::string_view text) {
    if (name_.empty() || added_ >= kMaxFields) return;
    for (const auto& row : kFixedNames) {
      if (row.name != name_) continue;
      event_.set(row.id, text);
      fixed_ |= std::uint32_t{1} << row.id;
      return;
    }
    event_.add(event_.keep(name_), text);
    ++added_;
  }

  Event& event_;
  const Decoder& decoder_;
  std::string_view text_;
  std::size_t at_ = 0;
  std::string name_;
  std::string unescaped_;
  std::string printed_;
  std::size_t added_ = 0;
  std::uint32_t fixed_ = 0;
};

}  // namespace

void decode_json(Event& event, const Decoder& decoder, std::string_view text) {
  JsonReader(event, decoder, text).read();
}

}  // namespace warder::loginspection
