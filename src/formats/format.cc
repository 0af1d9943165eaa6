#include "formats/format.h"

#include <algorithm>
#include <array>

#include "formats/cef.h"
#include "formats/leef.h"
#include "formats/ocsf.h"
#include "formats/plain_json.h"

namespace warder::formats {
namespace {

constexpr std::array kFormats{
    FormatDescription{Format::Cef, "cef", "text/plain; charset=utf-8", &render_cef},
    FormatDescription{Format::Leef, "leef", "text/plain; charset=utf-8", &render_leef},
    FormatDescription{Format::Json, "json", "application/json", &render_json},
    FormatDescription{Format::Ocsf, "ocsf", "application/json", &render_ocsf},
};

const FormatDescription& row_of(Format format) {
  return *std::ranges::find(kFormats, format, &FormatDescription::format);
}

}  // namespace

std::span<const FormatDescription> formats() noexcept {
  return kFormats;
}

std::string_view name(Format format) noexcept {
  return row_of(format).name;
}

std::string_view media_type(Format format) noexcept {
  return row_of(format).media_type;
}

Result<Format> parse_format(std::string_view text) {
  const auto* const row = std::ranges::find(kFormats, text, &FormatDescription::name);
  if (row != kFormats.end()) return row->format;
  return fail(ErrorCode::Invalid, std::string(text) + ": is no format: cef, leef, json, ocsf");
}

std::string render(Format format, const OutgoingEvent& event, const RenderOptions& options) {
  return row_of(format).render(event, options);
}

Result<std::string> render_within(Format format, const OutgoingEvent& event, const RenderOptions& options,
                                  std::size_t max_bytes) {
  constexpr std::size_t kLeast = 16;
  RenderOptions tighter = options;
  for (;;) {
    std::string text = render(format, event, tighter);
    if (text.size() <= max_bytes) return text;
    if (tighter.max_value_bytes <= kLeast)
      return fail(ErrorCode::TooLarge, "event " + event.event.id.text() + ": " + std::to_string(text.size()) +
                                           " bytes do not fit into " + std::to_string(max_bytes));
    tighter.max_value_bytes = std::max(kLeast, tighter.max_value_bytes / 2);
  }
}

}  // namespace warder::formats
