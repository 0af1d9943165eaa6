#include "engines/ips/rule_text.h"

#include "base/text.h"

namespace warder::ips {

namespace {

class HeaderFields {
 public:
  explicit HeaderFields(std::string_view text) : text_(text) {}

  /// The next field; lists in brackets may hold spaces. Empty at the end.
  std::string_view next() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
    const auto from = at_;
    int depth = 0;
    while (at_ < text_.size() && (depth > 0 || !is_space(text_[at_]))) {
      if (text_[at_] == '[') ++depth;
      if (text_[at_] == ']') --depth;
      ++at_;
    }
    return text_.substr(from, at_ - from);
  }

 private:
  static bool is_space(char c) { return c == ' ' || c == '\t'; }
  std::string_view text_;
  std::size_t at_ = 0;
};

/// Where the option that begins at `from` ends: at a ";" that is neither quoted nor escaped.
std::size_t end_of_option(std::string_view text, std::size_t from) {
  bool is_quoted = false;
  for (std::size_t i = from; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == ';' && !is_quoted) {
      return i;
    }
  }
  return std::string_view::npos;
}

Result<std::vector<Option>> split_options(std::string_view text) {
  std::vector<Option> options;
  std::size_t from = 0;
  while (from < text.size()) {
    auto end = end_of_option(text, from);
    if (end == std::string_view::npos) {
      // An unpaired quote: fall back to the next ";" as it is, so that the error names the option.
      if (trim(text.substr(from)).empty()) break;
      end = text.find(';', from);
      if (end == std::string_view::npos) {
        return fail(ErrorCode::Invalid, "no \";\" after \"" + std::string(trim(text.substr(from))) + "\"");
      }
    }
    const auto item = trim(text.substr(from, end - from));
    from = end + 1;
    if (item.empty()) continue;
    const auto colon = item.find(':');
    Option option;
    option.name = trim(item.substr(0, colon));
    option.has_value = colon != std::string_view::npos;
    if (option.has_value) option.value = trim(item.substr(colon + 1));
    options.push_back(option);
  }
  return options;
}

}  // namespace

std::vector<RuleLine> rule_lines(std::string_view text) {
  std::vector<RuleLine> rules;
  std::uint32_t number = 0;
  bool joins = false;
  bool is_block = false;  // opened by "(" at the end of a line, closed by ")" at the end of one
  for (auto line : split(text, '\n')) {
    ++number;
    line = trim(line);
    if (line.empty() ? !joins : line.front() == '#') continue;
    if (!joins) rules.push_back({number, {}});
    auto& rule = rules.back().text;
    if (line.ends_with('(')) is_block = true;
    if (line.ends_with(')')) is_block = false;
    joins = line.ends_with('\\') || is_block;
    if (line.ends_with('\\')) line.remove_suffix(1);
    if (!rule.empty()) rule += ' ';
    rule += line;
  }
  std::erase_if(rules, [](const RuleLine& rule) { return trim(rule.text).empty(); });
  return rules;
}

Result<RuleParts> split_rule(std::string_view text) {
  text = trim(text);
  const auto open = text.find('(');
  if (open == std::string_view::npos) return fail(ErrorCode::Invalid, "no options: \"(\" is missing");
  if (!text.ends_with(')')) return fail(ErrorCode::Invalid, "\")\" is missing at the end");
  RuleParts parts;
  HeaderFields fields(text.substr(0, open));
  parts.action = fields.next();
  parts.protocol = fields.next();
  if (parts.action.empty()) return fail(ErrorCode::Invalid, "no action");
  if (parts.protocol.empty() && parts.action != "file_id") return fail(ErrorCode::Invalid, "no protocol");
  if (const auto source = fields.next(); !source.empty()) {  // Snort 3 leaves the rest of the header out
    parts.source = source;
    parts.source_ports = fields.next();
    parts.arrow = fields.next();
    parts.destination = fields.next();
    parts.destination_ports = fields.next();
    if (parts.destination_ports.empty()) return fail(ErrorCode::Invalid, "the header has too few fields");
    if (!fields.next().empty()) return fail(ErrorCode::Invalid, "the header has too many fields");
  }
  parts.options = WD_TRY(split_options(text.substr(open + 1, text.size() - open - 2)));
  return parts;
}

std::vector<std::string_view> split_arguments(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  bool is_quoted = false;
  std::size_t from = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      is_quoted = !is_quoted;
    } else if (text[i] == separator && !is_quoted) {
      parts.push_back(trim(text.substr(from, i - from)));
      from = i + 1;
    }
  }
  parts.push_back(trim(text.substr(from)));
  return parts;
}

std::string_view unquoted(std::string_view text) noexcept {
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"') return text.substr(1, text.size() - 2);
  return text;
}

}  // namespace warder::ips
