#include "base/markup.h"

namespace warder {

std::string escape_html(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '<')
      out.append("&lt;");
    else if (c == '>')
      out.append("&gt;");
    else if (c == '&')
      out.append("&amp;");
    else if (c == '"')
      out.append("&quot;");
    else
      out.push_back(c);
  }
  return out;
}

void append_csv_cell(std::string& line, std::string_view text) {
  if (!line.empty()) line += ',';
  line += '"';
  if (!text.empty() && std::string_view{"=+-@\t\r\n"}.find(text.front()) != std::string_view::npos) line += '\'';
  for (const char c : text) {
    if (c == '"') line += '"';
    line += c;
  }
  line += '"';
}

}  // namespace warder
