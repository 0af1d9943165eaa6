#include "formats/leef.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "formats/attributes.h"
#include "formats/text.h"

namespace warder::formats {
namespace {

using Renaming = std::pair<std::string_view, std::string_view>;
// Predefined attributes of LEEF for keys of CEF.
constexpr auto kRenamings = std::to_array<Renaming>({
    {"c6a2", "src"},
    {"c6a3", "dst"},
    {"dpt", "dstPort"},
    {"duser", "usrName"},
    {"rt", "devTime"},
    {"shost", "identHostName"},
    {"smac", "srcMAC"},
    {"spt", "srcPort"},
    {"suser", "usrName"},
});

void append_flat(std::string& out, std::string_view text, bool is_header) {
  for (const char c : text) {
    if (c == '\n' || c == '\r' || c == '\t') {
      out += ' ';
    } else {
      out += is_header && c == '|' ? '_' : c;
    }
  }
}

void append(std::string& out, std::string_view key, std::string_view value) {
  out += '\t';
  out += key;
  out += '=';
  append_flat(out, value, false);
}

std::string_view key_of(std::string_view key) {
  const auto* const found = std::ranges::find(kRenamings, key, &Renaming::first);
  return found == kRenamings.end() ? key : found->second;
}

}  // namespace

std::string render_leef(const OutgoingEvent& event, const RenderOptions& options) {
  const Heading heading = heading_of(event, options.names);
  std::string out = "LEEF:2.0|";
  for (const std::string_view part : {std::string_view(heading.vendor), std::string_view(heading.product),
                                      std::string_view(options.version), std::string_view(heading.signature)}) {
    append_flat(out, visible(part, Keep::LineEnds), true);
    out += '|';
  }
  out += "x09|cat=";
  out += name(event.event.module);
  append(out, "name", cut_utf8(visible(heading.title, Keep::LineEnds), options.max_value_bytes));
  append(out, "sev", std::to_string(std::max(1, heading.severity)));
  for (const Attribute& attribute : attributes_of(event, options)) {
    if (attribute.key == "cat" || attribute.key == "c6a2Label" || attribute.key == "c6a3Label") continue;
    append(out, key_of(attribute.key), attribute.value);
  }
  return out;
}

}  // namespace warder::formats
