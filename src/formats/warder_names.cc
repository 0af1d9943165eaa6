// The keys of the CEF dictionary ("Implementing ArcSight Common Event Format", version 26) for our fields; what it has
// no key for goes under keys of our own.
#include <array>

#include "base/address.h"
#include "formats/attribute_list.h"

namespace warder::formats {
namespace {

struct Row {
  std::string_view field;
  std::string_view key;
  std::size_t cap;  // bytes; the dictionary counts characters
};

constexpr std::size_t kLong = 1023;
constexpr auto kRows = std::to_array<Row>({
    {"count", "cnt", 0},
    {"destination.port", "dpt", 0},
    {"file.hash.sha256", "fileHash", 255},
    {"file.hash.sha256.was", "oldFileHash", 255},
    {"file.inode", "fileId", kLong},
    {"file.mode", "filePermission", kLong},
    {"file.mode.was", "oldFilePermission", kLong},
    {"file.mtime", "fileModificationTime", 0},
    {"file.path", "filePath", kLong},
    {"file.path.was", "oldFilePath", kLong},
    {"file.size", "fsize", 0},
    {"file.size.was", "oldFileSize", 0},
    {"file.type", "fileType", kLong},
    {"network.application", "app", 31},
    {"network.protocol", "proto", 31},
    {"process.executable", "sproc", kLong},
    {"process.pid", "spid", 0},
    {"reason", "reason", kLong},
    {"source.mac", "smac", 0},
    {"source.port", "spt", 0},
    {"user.id", "suid", kLong},
    {"user.name", "suser", kLong},
});

struct CustomRow {
  std::string_view field;
  std::string_view key;
  std::string_view label;
};

constexpr auto kCustomRows = std::to_array<CustomRow>({
    {"log.line", "cs5", "Log Line"},
    {"log.source", "cs6", "Log Source"},
    {"malware.signature", "cs3", "Malware"},
    {"process.command_line", "cs4", "Command Line"},
    {"rule.level", "cn1", "Rule Level"},
});

/// src and dst hold IPv4 only.
void add_address(AttributeList& list, std::string_view field, std::string_view v4, std::string_view v6,
                 std::string_view label) {
  const std::string text = list.text(field);
  if (text.find(':') == std::string::npos) return list.add_field(field, v4);
  list.add_custom_field(field, v6, label);
}

void add_direction(AttributeList& list) {
  const std::string direction = list.text("network.direction");
  if (direction != "inbound" && direction != "outbound") return;
  const bool is_inbound = direction == "inbound";
  list.add_field("network.interface", is_inbound ? "deviceInboundInterface" : "deviceOutboundInterface", 128);
  list.add_field("network.bytes", is_inbound ? "in" : "out");
  list.add("deviceDirection", is_inbound ? "0" : "1");
}

std::string base_name(const std::string& path) {
  return path.substr(path.rfind('/') + 1);
}

int severity_of(Severity severity) {
  switch (severity) {
    case Severity::Info:
      return 1;
    case Severity::Low:
      return 3;
    case Severity::Medium:
      return 5;
    case Severity::High:
      return 8;
    case Severity::Critical:
      return 10;
  }
  return 0;
}

}  // namespace

Heading warder_heading(const OutgoingEvent& event) {
  const Event& inner = event.event;
  const EventValue* description = inner.find("rule.description");
  const EventValue* malware = inner.find("malware.signature");
  const EventValue* named = description != nullptr ? description : malware;
  std::string title = inner.type;
  for (char& c : title) c = c == '.' || c == '-' ? ' ' : c;
  if (named != nullptr && std::holds_alternative<std::string>(*named) && !std::get<std::string>(*named).empty())
    title = std::get<std::string>(*named);
  return {"Warder", inner.module == ModuleKind::Manager ? "Warder Manager" : "Warder Agent", inner.type,
          std::move(title), severity_of(inner.severity)};
}

void add_warder_attributes(AttributeList& list, const OutgoingEvent& event) {
  const Event& inner = event.event;
  list.add("externalId", inner.id.text());
  list.add("rt", std::to_string(to_micros(inner.time) / 1000));
  list.add("cat", std::string(name(inner.module)), kLong);
  list.add("act", std::string(name(inner.action)), 63);
  list.add("dvchost", event.host, 100);
  if (event.agent) list.add("deviceExternalId", event.agent->text(), 255);
  list.add("msg", event.title, kLong);
  list.add_custom("cs1", "Rule", inner.rule);
  list.add_custom("cs2", "Tenant", event.tenant_name);
  list.add(own_key("tenant.id"), event.tenant.text());
  list.add(own_key("severity"), std::string(name(inner.severity)));
  list.add(own_key("received"), std::to_string(to_micros(event.received) / 1000));
  add_address(list, "source.ip", "src", "c6a2", "Source IPv6 Address");
  add_address(list, "destination.ip", "dst", "c6a3", "Destination IPv6 Address");
  add_direction(list);
  list.add("fname", base_name(list.text("file.path")), kLong);
  for (const Row& row : kRows) list.add_field(row.field, row.key, row.cap);
  for (const CustomRow& row : kCustomRows) list.add_custom_field(row.field, row.key, row.label);
}

}  // namespace warder::formats
