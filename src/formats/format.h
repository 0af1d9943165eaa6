// The forms in which events leave Warder. docs/siem.md is the manual.
//
// Every form holds the event's id, time, tenant and all of its fields. Text is UTF-8: bytes that are none, and control
// characters that a form cannot carry, are written as `\xNN`.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "formats/outgoing_event.h"

namespace warder::formats {

enum class Format : std::uint8_t {
  Cef,   // ArcSight Common Event Format 0, cef.h
  Leef,  // IBM Log Event Extended Format 2.0, leef.h
  Json,  // as the REST API has it, plain_json.h
  Ocsf,  // Open Cybersecurity Schema Framework 1.8.0, ocsf.h
};

/// Whose names the keys and signature ids have. DeepSecurity: those that parsers for that product expect.
enum class Names : std::uint8_t { Warder, DeepSecurity };

struct RenderOptions {
  Names names = Names::Warder;         // of CEF and LEEF
  std::string version = "1";           // of the product
  std::size_t max_value_bytes = 4096;  // longer values are cut between characters, and the message says so
};

/// A row of the table of forms.
struct FormatDescription {
  Format format;
  std::string_view name;        // "cef"
  std::string_view media_type;  // for HTTP
  std::string (*render)(const OutgoingEvent& event, const RenderOptions& options);
};

std::span<const FormatDescription> formats() noexcept;
std::string_view name(Format format) noexcept;
std::string_view media_type(Format format) noexcept;
Result<Format> parse_format(std::string_view text);

/// One line without its end.
std::string render(Format format, const OutgoingEvent& event, const RenderOptions& options);
/// The same in at most `max_bytes`: the longest values are cut until it fits. TooLarge when even that is too long.
Result<std::string> render_within(Format format, const OutgoingEvent& event, const RenderOptions& options,
                                  std::size_t max_bytes);

}  // namespace warder::formats
