#include "formats/cef.h"

#include "base/text.h"
#include "formats/attributes.h"
#include "formats/text.h"

namespace warder::formats {
namespace {

void append_heading(std::string& out, std::string_view text) {
  for (const char c : visible(text, Keep::LineEnds)) {
    if (c == '\\' || c == '|') out += '\\';
    out += c == '\n' || c == '\r' || c == '\t' ? ' ' : c;
  }
  out += '|';
}

void append_value(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      if (c == '\\' || c == '=') out += '\\';
      out += c;
    }
  }
}

}  // namespace

std::string render_cef(const OutgoingEvent& event, const RenderOptions& options) {
  constexpr std::size_t kTitle = 512;
  const Heading heading = heading_of(event, options.names);
  std::string out = "CEF:0|";
  append_heading(out, heading.vendor);
  append_heading(out, heading.product);
  append_heading(out, options.version);
  append_heading(out, heading.signature);
  append_heading(out, cut_utf8(visible(heading.title, Keep::LineEnds), std::min(kTitle, options.max_value_bytes)));
  out += std::to_string(heading.severity) + "|";
  bool is_first = true;
  for (const Attribute& attribute : attributes_of(event, options)) {
    if (!is_first) out += ' ';
    is_first = false;
    out += attribute.key + '=';
    append_value(out, attribute.value);
  }
  return out;
}

}  // namespace warder::formats
