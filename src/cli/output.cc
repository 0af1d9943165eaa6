#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <vector>

#include "base/json.h"
#include "base/text.h"

namespace warder::cli {
namespace {

struct CodePoint {
  char32_t value;
  std::size_t bytes;
};

/// The code point at the start of valid UTF-8.
CodePoint first_code_point(std::string_view text) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char lead = byte(0);
  const std::size_t bytes = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  char32_t value = bytes == 1 ? lead : lead & (0xffU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) value = value << 6 | (byte(i) & 0x3fU);
  return {value, bytes};
}

bool is_unsafe(char32_t c) noexcept {
  const bool is_control = c < 0x20 || (c >= 0x7f && c < 0xa0);
  // Marks, embeddings, overrides and isolates (Unicode TR 9), line and paragraph separators.
  const bool is_bidi =
      c == 0x61c || (c >= 0x200e && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069);
  return is_control || is_bidi;
}

bool is_wide(char32_t c) noexcept {
  return (c >= 0x1100 && c <= 0x115f) || (c >= 0x2e80 && c <= 0xa4cf) || (c >= 0xac00 && c <= 0xd7a3) ||
         (c >= 0xf900 && c <= 0xfaff) || (c >= 0xfe30 && c <= 0xfe6f) || (c >= 0xff00 && c <= 0xff60) ||
         (c >= 0xffe0 && c <= 0xffe6) || (c >= 0x1f300 && c <= 0x1faff) || (c >= 0x20000 && c <= 0x3fffd);
}

const json::value* at_pointer(const json::value& item, std::string_view pointer) {
  boost::system::error_code error;
  return item.find_pointer(pointer, error);
}

std::string_view colour_of(std::string_view cell) noexcept {
  if (cell == "critical" || cell == "high" || cell == "failed" || cell == "degraded") return "\x1b[31m";
  if (cell == "medium" || cell == "offline" || cell == "pending") return "\x1b[33m";
  if (cell == "online" || cell == "applied" || cell == "ok") return "\x1b[32m";
  return {};
}

using Row = std::vector<std::string>;

void print_row(std::ostream& out, const Row& row, const std::vector<std::size_t>& widths, std::string_view style,
               bool colour) {
  for (std::size_t i = 0; i < row.size(); ++i) {
    const std::string_view start = !colour ? std::string_view() : !style.empty() ? style : colour_of(row[i]);
    out << start << row[i] << (start.empty() ? "" : "\x1b[0m");
    if (i + 1 < row.size()) out << std::string(widths[i] - display_width(row[i]) + 2, ' ');
  }
  out << '\n';
}

void print_table(Environment& environment, const std::vector<Row>& rows, bool colour) {
  std::vector<std::size_t> widths(rows.front().size(), 0);
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], display_width(row[i]));
  }
  for (std::size_t i = 0; i < rows.size(); ++i) {
    print_row(environment.out, rows[i], widths, i == 0 ? "\x1b[1m" : "", colour);
  }
}

void append_pretty(std::string& out, const json::value& value, std::size_t indent) {
  const std::string inner(indent + 2, ' ');
  if (value.is_object() && !value.get_object().empty()) {
    std::string_view separator = "{\n";
    for (const auto& member : value.get_object()) {
      out.append(separator).append(inner);
      append_json_string(out, member.key());
      out.append(": ");
      append_pretty(out, member.value(), indent + 2);
      separator = ",\n";
    }
    out.append("\n").append(indent, ' ').append("}");
  } else if (value.is_array() && !value.get_array().empty()) {
    std::string_view separator = "[\n";
    for (const json::value& item : value.get_array()) {
      out.append(separator).append(inner);
      append_pretty(out, item, indent + 2);
      separator = ",\n";
    }
    out.append("\n").append(indent, ' ').append("]");
  } else {
    out.append(json::serialize(value));
  }
}

}  // namespace

std::string printable(std::string_view text) {
  const std::string valid = escape_non_utf8(text);
  std::string out;
  for (std::string_view rest = valid; !rest.empty();) {
    const auto [value, bytes] = first_code_point(rest);
    if (is_unsafe(value)) {
      out.append(value < 0x100 ? fmt::format("\\x{:02x}", static_cast<unsigned>(value))
                               : fmt::format("\\u{:04x}", static_cast<unsigned>(value)));
    } else {
      out.append(rest.substr(0, bytes));
    }
    rest.remove_prefix(bytes);
  }
  return out;
}

std::size_t display_width(std::string_view text) noexcept {
  std::size_t width = 0;
  while (!text.empty()) {
    const auto [value, bytes] = first_code_point(text);
    width += is_wide(value) ? 2U : 1U;
    text.remove_prefix(std::min(bytes, text.size()));
  }
  return width;
}

std::string cell_text(const json::value* value) {
  if (value == nullptr || value->is_null()) return "-";
  if (value->is_string()) return value->get_string().empty() ? "-" : printable(value->get_string());
  if (value->is_bool()) return value->get_bool() ? "yes" : "no";
  if (value->is_array()) {
    std::string out;
    for (const json::value& item : value->get_array()) out.append(out.empty() ? "" : ", ").append(cell_text(&item));
    return out.empty() ? "-" : out;
  }
  return printable(json::serialize(*value));
}

std::string pretty_json(const json::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  return out;
}

void print_list(Session& session, const json::array& items, std::span<const Column> columns) {
  Environment& environment = session.environment();
  if (session.is_json()) {
    environment.out << json::serialize(items) << '\n';
    return;
  }
  std::vector<Row> rows(1);
  for (const Column& column : columns) rows.front().emplace_back(column.heading);
  for (const json::value& item : items) {
    Row& row = rows.emplace_back();
    for (const Column& column : columns) row.push_back(cell_text(at_pointer(item, column.pointer)));
  }
  if (environment.is_terminal) {
    print_table(environment, rows, environment.has_colour && !session.options().no_colour);
    return;
  }
  for (const Row& row : rows) environment.out << fmt::format("{}\n", fmt::join(row, "\t"));
}

void print_object(Session& session, const json::value& object, std::span<const Column> columns) {
  std::ostream& out = session.environment().out;
  if (session.is_json()) {
    out << json::serialize(object) << '\n';
    return;
  }
  if (columns.empty()) {
    out << pretty_json(object) << '\n';
    return;
  }
  std::size_t width = 0;
  for (const Column& column : columns) width = std::max(width, display_width(column.heading));
  for (const Column& column : columns) {
    const std::string padding(width - display_width(column.heading) + 2, ' ');
    out << column.heading << padding << cell_text(at_pointer(object, column.pointer)) << '\n';
  }
}

void print_note(Session& session, std::string_view text) {
  if (!session.is_json()) session.environment().out << printable(text) << '\n';
}

}  // namespace warder::cli
