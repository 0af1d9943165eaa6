#include "manager/api/rule_text.h"

#include <algorithm>
#include <cstdint>

#include "base/text.h"

namespace warder::manager {
namespace {

std::size_t indent_of(std::string_view line) {
  return std::min(line.find_first_not_of(' '), line.size());
}

std::string joined(const std::vector<std::string_view>& lines, std::size_t from, std::size_t to) {
  const std::size_t margin = indent_of(lines[from]);
  std::string out;
  for (std::size_t at = from; at < to; ++at) {
    out += lines[at].substr(std::min(margin, indent_of(lines[at])));
    out += '\n';
  }
  while (!out.empty() && (out.back() == '\n' || out.back() == ' ')) out.pop_back();
  return out;
}

/// Whether `name` is said to be `value` as an option: "sid:5;", also "sid: 5;".
bool has_option(std::string_view rule, std::string_view name, std::string_view value) {
  for (const std::string_view option : split(rule, ';')) {
    const std::size_t colon = option.find(':');
    if (colon == std::string_view::npos) continue;
    std::string_view key = trim(option.substr(0, colon));
    key = key.substr(key.find_last_of("( ") + 1);  // the first option stands behind the head and "("
    if (key == name && trim(option.substr(colon + 1)) == value) return true;
  }
  return false;
}

}  // namespace

std::string xml_rule_at(std::string_view text, std::size_t line) {
  const auto lines = split(text, '\n');
  if (line == 0 || line > lines.size() || lines[line - 1].find("<rule") == std::string_view::npos) return "";
  for (std::size_t end = line - 1; end < lines.size(); ++end) {
    const bool is_short = end == line - 1 && trim(lines[end]).ends_with("/>");
    if (is_short || lines[end].find("</rule>") != std::string_view::npos) return joined(lines, line - 1, end + 1);
  }
  return "";
}

std::string suricata_rule(std::string_view text, std::string_view sid) {
  const auto lines = split(text, '\n');
  for (std::size_t from = 0; from < lines.size();) {
    std::size_t to = from + 1;
    while (to < lines.size() && trim(lines[to - 1]).ends_with('\\')) ++to;
    const std::string rule = joined(lines, from, to);
    if (!rule.starts_with('#') && has_option(rule, "sid", sid)) return rule;
    from = to;
  }
  return "";
}

std::string yaml_rule(std::string_view text, std::string_view id) {
  const auto lines = split(text, '\n');
  for (std::size_t from = 0; from < lines.size(); ++from) {
    if (trim(lines[from]) != "- id: " + std::string(id)) continue;
    const std::size_t margin = indent_of(lines[from]);
    std::size_t to = from + 1;
    while (to < lines.size() && (trim(lines[to]).empty() || indent_of(lines[to]) > margin)) ++to;
    return joined(lines, from, to);
  }
  return "";
}

std::vector<std::string> suricata_references(std::string_view rule) {
  std::vector<std::string> out;
  for (const std::string_view option : split(rule, ';')) {
    const std::string_view text = trim(option);
    constexpr std::string_view kName = "reference:";
    const std::size_t comma = text.find(',');
    if (!text.starts_with(kName) || comma == std::string_view::npos) continue;
    const std::string kind(trim(text.substr(kName.size(), comma - kName.size())));
    const std::string value(trim(text.substr(comma + 1)));
    if (kind == "cve") continue;
    out.push_back(kind != "url" ? kind + " " + value : value.starts_with("http") ? value : "https://" + value);
  }
  return out;
}

}  // namespace warder::manager
