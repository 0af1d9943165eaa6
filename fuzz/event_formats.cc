// Whatever bytes an event holds: CEF and LEEF stay one line with their parts where they belong, JSON can be
// read again, and OCSF has every field.
#include <algorithm>
#include <boost/json.hpp>
#include <cstdint>
#include <cstdlib>

#include "base/bytes.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/format.h"
#include "formats/syslog.h"
#include "formats/text.h"
#include "model/event_fields.h"

namespace {

using namespace warder;
using namespace warder::formats;

void check(bool holds) {
  if (!holds) std::abort();
}

// One value for each line of input, and one for the field after it.
OutgoingEvent event_of(std::string_view text) {
  OutgoingEvent out;
  const std::vector<std::string_view> parts = split(text, '\n');
  const auto part = [&](std::size_t i) { return i < parts.size() ? std::string(parts[i]) : std::string(); };
  out.event.module = kModuleKinds[text.size() % kModuleKinds.size()];
  out.event.type = part(0);
  out.event.rule = part(1);
  out.host = part(2);
  if (text.size() % 3 == 0) out.agent = AgentId{};
  out.title = part(3);
  out.tenant_name = std::string(text);
  const auto fields = event_fields();
  for (std::size_t i = 4; i < parts.size() && out.event.fields.size() < kMaxEventFields; ++i) {
    const EventField& field = fields[(i * 7 + parts[i].size()) % fields.size()];
    if (field.type == EventFieldType::Text || field.type == EventFieldType::Ip)
      out.event.set(field.key, part(i) + "\n" + part(i - 1));
  }
  return out;
}

bool holds(const json::value& value, const json::string& text) {
  if (value.is_string()) return value.get_string() == text;
  if (value.is_array())
    return std::ranges::any_of(value.get_array(), [&](const json::value& each) { return holds(each, text); });
  return value.is_object() &&
         std::ranges::any_of(value.get_object(), [&](const auto& each) { return holds(each.value(), text); });
}

// It can be read again, says which event it is, and lost no field.
void check_ocsf(const OutgoingEvent& event, std::string_view line, const RenderOptions& options) {
  const auto parsed = parse_json(line, 64 << 20);
  check(parsed && parsed->at("metadata").at("uid").as_string() == event.event.id.text());
  check(parsed->at("type_uid").as_int64() ==
        parsed->at("class_uid").as_int64() * 100 + parsed->at("activity_id").as_int64());
  const json::value* unmapped = parsed->as_object().if_contains("unmapped");
  for (const auto& [key, value] : event.event.fields) {
    const bool is_unmapped = unmapped != nullptr && unmapped->as_object().contains(key);
    bool is_cut = false;
    check(is_unmapped || key == "truncated" || key == "rule.attack" || key == "entity.kind" ||
          holds(*parsed, json_text(std::get<std::string>(value), options.max_value_bytes, is_cut)));
  }
}

std::size_t bare_pipes(std::string_view line) {
  std::size_t count = 0;
  for (std::size_t i = 0; i < line.size() && count < 7; ++i) {
    if (line[i] == '\\')
      ++i;
    else if (line[i] == '|')
      ++count;
  }
  return count;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const OutgoingEvent event = event_of(as_text({data, size}));
  RenderOptions options;
  options.names = size % 2 == 0 ? Names::Warder : Names::DeepSecurity;
  for (const FormatDescription& each : formats::formats()) {
    const std::string line = render(each.format, event, options);
    check(is_utf8(line) && line.find('\n') == std::string::npos && line.find('\0') == std::string::npos);
    if (each.format == Format::Cef) check(bare_pipes(line) == 7);
    if (each.format == Format::Json) check(parse_json(line).has_value());
    if (each.format == Format::Ocsf) check_ocsf(event, line, options);
    const auto fitting = render_within(each.format, event, options, 4096);
    check(fitting ? fitting->size() <= 4096 : fitting.error().code == ErrorCode::TooLarge);
  }
  SyslogHead head;
  head.host = event.host;
  head.program = event.event.type;
  const std::string message = syslog_message(head, "");
  check(frame(Framing::LineFeed, message).find('\n') == message.size());
  return 0;
}
