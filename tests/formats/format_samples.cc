// Prints events with hostile values and what each form makes of them, a JSON object a line, all text in base64. The
// types are those of a catalogue of messages, in turn. With BYTES, each event has one value of this size, of each field
// that is a text in turn, and a title, a host and a tenant that are as long:
//   format_samples COUNT SEED content/messages/en.json [BYTES]
#include <algorithm>
#include <boost/json.hpp>
#include <cstdio>
#include <random>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/text.h"
#include "formats/format.h"
#include "formats/syslog.h"
#include "model/event_fields.h"

namespace {

using namespace warder;
using namespace warder::formats;
namespace json = boost::json;

// What parsers trip over; chosen more often than other bytes.
constexpr std::array<std::string_view, 23> kPieces{"\n",
                                                   std::string_view{"\0", 1},
                                                   "\r\n",
                                                   "|",
                                                   "=",
                                                   "\\",
                                                   "\\\\",
                                                   "\t",
                                                   "\"",
                                                   " src=6.6.6.6 ",
                                                   "\xff",
                                                   "\xc3",
                                                   "é",
                                                   "日本",
                                                   "CEF:0|",
                                                   "\xef\xbb\xbf",
                                                   "\x7f",
                                                   "\x1b[2J",
                                                   "]",
                                                   " ",
                                                   "a",
                                                   "\\n",
                                                   "\xf0\x9f\x92\xa3"};

std::string base64(std::string_view text) {
  return to_base64(as_bytes(text));
}

class Samples {
 public:
  explicit Samples(std::uint32_t seed) : random_(seed) {}

  OutgoingEvent next(std::string_view type) {
    OutgoingEvent out;
    out.event.type = type;
    out.event.module = module_of(type);
    out.event.id = parse_id<EventId>("0192f0c1-0000-7000-8000-" + digits(12)).value();
    out.event.time = from_micros(1'700'000'000'000'000 + static_cast<std::int64_t>(below(1U << 31U)));
    out.received = out.event.time;
    out.event.severity = kSeverities[below(kSeverities.size())];
    out.event.action = kActions[below(kActions.size())];
    if (below(2) == 0) out.event.rule = below(2) == 0 ? digits(5) : "rule-" + digits(3);
    if (out.event.module != ModuleKind::Manager)
      out.agent = parse_id<AgentId>("0192f0c1-0000-7000-8000-" + digits(12)).value();
    out.host = hostile(20);
    out.tenant = parse_id<TenantId>("0192f0c1-0000-7000-8000-" + digits(12)).value();
    out.tenant_name = hostile(30);
    out.title = hostile(200);
    if (below(2) == 0) out.number = below(1U << 30U);
    for (const EventField& field : event_fields())
      if (field.key != "truncated" && below(4) < (is_often(field.key) ? 3U : 1U))
        out.event.set(field.key, value_of(field));
    return out;
  }
  /// Makes three of its texts so long, and what stands beside the fields. Most are UTF-8: the reader is slow.
  void swell(OutgoingEvent& out, std::size_t index, std::size_t bytes) {
    std::vector<std::string_view> keys;
    for (const EventField& field : event_fields())
      if (field.type == EventFieldType::Text && field.key != "truncated" && !usual_value(field.key))
        keys.push_back(field.key);
    for (std::size_t i = index * 3; i < index * 3 + 3; ++i)
      out.event.set(keys[i % keys.size()], huge(bytes, index == 0));
    if (index % 4 == 0) out.title = huge(bytes, false);
    if (index % 4 == 1) out.host = huge(bytes, false);
    if (index % 4 == 2) out.tenant_name = huge(bytes, false);
  }

 private:
  std::string huge(std::size_t bytes, bool is_any) {
    std::string block = hostile(1000) + "|";
    if (!is_any) block = escape_non_utf8(block);
    std::string text;
    text.reserve(bytes + block.size());
    while (text.size() < bytes) text += block;
    return text;
  }
  std::size_t below(std::size_t end) { return random_() % end; }
  std::string digits(std::size_t count) {
    std::string text;
    for (std::size_t i = 0; i < count; ++i) text += static_cast<char>('0' + below(i == 0 ? 9 : 10) + (i == 0 ? 1 : 0));
    return text;
  }
  static ModuleKind module_of(std::string_view type) {
    const auto module = parse_module(type.substr(0, type.find('.')));
    return module ? *module : ModuleKind::Manager;
  }
  std::string hostile(std::size_t most) {
    std::string text;
    const std::size_t length = below(most + 1);
    while (text.size() < length) {
      if (below(3) == 0) {
        text += kPieces[below(kPieces.size())];
      } else {
        text += static_cast<char>(below(8) == 0 ? below(256) : 'a' + below(26));
      }
    }
    return text;
  }
  // What decides where others go.
  static bool is_often(std::string_view field) {
    static constexpr auto kOften = std::to_array<std::string_view>(
        {"file.path", "file.path.was", "log.program", "process.pid", "rule.groups", "source.ip", "user.name"});
    return std::ranges::find(kOften, field) != kOften.end();
  }
  // What an attribute takes that does not take any text.
  std::optional<std::string_view> usual_value(std::string_view field) {
    static constexpr auto kUsual = std::to_array<std::pair<std::string_view, std::string_view>>(
        {{"entity.kind", "UserSet"},
         {"entity.kind", "PortSet"},
         {"file.hash.sha256", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"},
         {"file.path", "/etc/cron.d/update"},
         {"file.type", "device"},
         {"file.type", "directory"},
         {"file.type", "fifo"},
         {"file.type", "file"},
         {"file.type", "socket"},
         {"file.type", "symlink"},
         {"malware.action", "delete"},
         {"network.protocol", "tcp"},
         {"rule.attack", "T1078,T1021.004"},
         {"rule.attack", "T1110"},
         {"rule.groups", "warder,syslog,sshd,authentication_success"},
         {"rule.groups", "warder,syslog,sshd,authentication_failed"},
         {"scan.kind", "manual"},
         {"scan.kind", "full"},
         {"source.mac", "02:42:ac:11:00:02"}});
    std::vector<std::string_view> values;
    for (const auto& [key, value] : kUsual)
      if (key == field) values.push_back(value);
    if (values.empty()) return std::nullopt;
    return values[below(values.size())];
  }
  EventValue value_of(const EventField& field) {
    if (below(2) == 0) {
      if (const auto usual = usual_value(field.key)) return std::string(*usual);
      if (field.type == EventFieldType::Integer) return static_cast<std::int64_t>(below(60'000));
    }
    switch (field.type) {
      case EventFieldType::Integer:
        return static_cast<std::int64_t>(below(1U << 31U)) - (below(8) == 0 ? 1LL << 40 : 0);
      case EventFieldType::Boolean:
        return below(2) == 0;
      case EventFieldType::Ip:
        return below(3) == 0 ? std::string("2001:db8::") + digits(3) : "192.0.2." + std::to_string(below(256));
      case EventFieldType::Time:
        return std::int64_t{1'700'000'000'000'000};
      case EventFieldType::Text:
        break;
    }
    if (field.key == "network.direction") return std::string(below(2) == 0 ? "inbound" : "outbound");
    return hostile(below(20) == 0 ? 3000 : 60);
  }

  std::mt19937 random_;
};

json::object raw_of(const OutgoingEvent& event) {
  json::object fields;
  for (const auto& [key, value] : event.event.fields) {
    if (const auto* text = std::get_if<std::string>(&value)) {
      fields[key] = json::object{{"text", base64(*text)}};
    } else {
      fields[key] = std::visit([](const auto& plain) { return json::value(plain); }, value);
    }
  }
  return {{"id", event.event.id.text()},
          {"type", event.event.type},
          {"rule", event.event.rule},
          {"module", name(event.event.module)},
          {"host", base64(event.host)},
          {"agent", event.agent ? json::value(event.agent->text()) : json::value(nullptr)},
          {"number", event.number ? json::value(*event.number) : json::value(nullptr)},
          {"action", name(event.event.action)},
          {"tenant_id", event.tenant.text()},
          {"received_us", to_micros(event.received)},
          {"tenant", base64(event.tenant_name)},
          {"title", base64(event.title)},
          {"time_us", to_micros(event.event.time)},
          {"severity", name(event.event.severity)},
          {"fields", std::move(fields)}};
}

}  // namespace

int main(int argc, char** argv) {
  const auto count = argc > 1 ? parse_integer<int>(argv[1]) : std::optional<int>(100);
  const auto seed = argc > 2 ? parse_integer<std::uint32_t>(argv[2]) : std::optional<std::uint32_t>(1);
  const auto catalogue = read_file(argc > 3 ? argv[3] : "content/messages/en.json", 1 << 20);
  const auto messages = catalogue ? parse_json(*catalogue) : Result<json::value>(fail(catalogue.error()));
  const auto bytes = argc > 4 ? parse_integer<std::size_t>(argv[4]) : std::optional<std::size_t>(0);
  if (!count || !seed || !bytes || !messages || !messages->is_object()) return 2;
  Samples samples(*seed);
  const json::object& types = messages->get_object();
  for (int i = 0; i < *count; ++i) {
    const auto type = std::next(types.begin(), i % static_cast<int>(types.size()));
    OutgoingEvent event = samples.next(type->key());
    json::object lines;
    if (*bytes > 0) {
      samples.swell(event, static_cast<std::size_t>(i), *bytes);
      RenderOptions whole;
      whole.max_value_bytes = 16 * *bytes;
      lines["json-whole"] = base64(render(Format::Json, event, whole));
      lines["ocsf-whole"] = base64(render(Format::Ocsf, event, whole));
    }
    for (const FormatDescription& each : warder::formats::formats()) {
      lines[each.name] = base64(render(each.format, event, {}));
      RenderOptions options;
      options.names = Names::DeepSecurity;
      if (each.format == Format::Cef) lines["cef-ds"] = base64(render(each.format, event, options));
      const auto small = render_within(each.format, event, {}, 16'384);
      if (small) lines[std::string(each.name) + "-16384"] = base64(*small);
      const auto tiny = each.format == Format::Ocsf ? render_within(each.format, event, {}, 2048)
                                                    : Result<std::string>(fail(ErrorCode::TooLarge, ""));
      if (tiny) lines[std::string(each.name) + "-2048"] = base64(*tiny);
    }
    SyslogHead head;
    head.time = event.event.time;
    head.host = event.host;
    head.program = "warder";
    head.kind = name(event.event.module);
    lines["syslog"] = base64(syslog_message(head, "payload"));
    std::puts(json::serialize(json::object{{"raw", raw_of(event)}, {"lines", std::move(lines)}}).c_str());
  }
  return 0;
}
